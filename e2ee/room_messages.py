"""Events that wait to be sent into rooms, encrypted where the room is, in order."""

from urllib.parse import quote

from attrs import define

from e2ee.encoding import JsonObject
from e2ee.errors import E2eeError, NotTaken
from e2ee.happenings import Happening, NotSent, Sent
from e2ee.outgoing import Outgoing, place
from e2ee.records import Records
from e2ee.requests import CLIENT, Request
from e2ee.rooms import Rooms
from e2ee.sharing import Sharing


@define
class RoomMessages:
    """A message is encrypted once; what is repeated is the same request."""

    _rooms: Rooms
    _sharing: Sharing
    _outgoing: Outgoing
    _records: Records

    def send(self, room_id: str, type: str, content: JsonObject) -> str:
        id = self._outgoing.new_id()
        message = {"id": id, "room_id": room_id, "type": type, "content": content}
        self._records.put("message", place(id), message)
        return id

    def prepare(self, now_ms: int) -> list[Happening]:
        """Encrypt what can be encrypted now. A room whose keys are not shared yet waits."""
        failed: list[Happening] = []
        waiting: set[str] = set()
        for at, message in self._records.find("message").items():
            room_id = message["room_id"]
            if room_id in waiting:
                continue
            try:
                with self._records.step():
                    ready = self._prepare(message, now_ms)
            except E2eeError as error:
                failed.append(NotSent(message["id"], room_id, error))
                ready = True
            if ready:
                self._records.remove("message", at)
            else:
                waiting.add(room_id)
        return failed

    def answered(self, request: Request, answer: JsonObject) -> list[Happening]:
        sending = self._records.get("sending", request.id)
        if sending is None:
            return []
        self._records.remove("sending", request.id)
        return [Sent(request.id, sending["room_id"], str(answer.get("event_id", "")))]

    def refused(self, request: Request, status: int) -> list[Happening]:
        sending = self._records.get("sending", request.id)
        if sending is None:
            return []
        self._records.remove("sending", request.id)
        error = NotTaken(f"The server refused the event with status {status}.")
        return [NotSent(request.id, sending["room_id"], error)]

    def _prepare(self, message: JsonObject, now_ms: int) -> bool:
        room_id, type, content = message["room_id"], message["type"], message["content"]
        if self._rooms.is_encrypted(room_id):
            encrypted = self._sharing.encrypt(room_id, type, content, now_ms)
            if encrypted is None:
                return False
            type, content = "m.room.encrypted", encrypted
        parts = (room_id, "send", type, message["id"])
        path = f"{CLIENT}/rooms/" + "/".join(quote(part, safe="") for part in parts)
        self._outgoing.put(Request(message["id"], "PUT", path, content), f"room {room_id}")
        self._records.put("sending", message["id"], {"room_id": room_id})
        return True
