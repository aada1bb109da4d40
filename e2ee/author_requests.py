"""Asking whoever made a room key for it again, and giving ours again to whom we gave it.

Clients do so beside the specification, which knows requests to one's own devices ("Key requests").
Nobody gets more than they had, and nobody but the author of a key is believed.
"""

from attrs import define

from e2ee.device_lists import DeviceLists
from e2ee.devices import MEGOLM, Device
from e2ee.encoding import JsonObject, field
from e2ee.errors import NotEncrypted
from e2ee.means import Means
from e2ee.olm_channel import OpenedMessage
from e2ee.own_device import OwnDevice
from e2ee.records import Records
from e2ee.room_keys import RoomKeys, direct_key, forwarded
from e2ee.sharing import Channels, OwnSessions

ASKED, WANTED = "asking author", "author asked"
TYPE, FORWARDED = "m.room_key_request", "m.forwarded_room_key"
MAX_ASKED = 1_000
"""Keys that we wait for, and requests of others that we keep."""
ALL_DEVICES = "*"


@define
class AuthorRequests:
    _own: OwnDevice
    _keys: RoomKeys
    _means: Means

    def ask(self, author: str, room_id: str, session_id: str) -> None:
        """All devices of whoever sent an event that we cannot read, once for each key."""
        waiting = self._means.records.find(ASKED)
        if session_id in waiting or len(waiting) >= MAX_ASKED:
            return
        request_id = self._means.random(16).hex()
        asking = {"request_id": request_id, "room_id": room_id, "author": author}
        self._means.records.put(ASKED, session_id, asking)
        body = {"algorithm": MEGOLM, "room_id": room_id, "session_id": session_id}
        self._tell(author, {"action": "request", "request_id": request_id, "body": body})

    def receive_key(self, opened: OpenedMessage) -> tuple[str, str] | None:
        """Room and session of a key that we asked its author for; None: we did not ask them."""
        session_id = field(opened.content, "session_id", str)
        asking = self._means.records.get(ASKED, session_id)
        if asking is None or asking["author"] != opened.sender:
            return None
        claimed = field(opened.content, "sender_claimed_ed25519_key", str)
        maker = field(opened.content, "sender_key", str)
        if (maker, claimed) != (opened.sender_key, opened.ed25519):
            raise NotEncrypted("A key is only taken from the device that made it.")
        key = direct_key(opened.content, opened.sender, opened.sender_key, opened.ed25519)
        if key.room_id != asking["room_id"]:
            raise NotEncrypted("A key that we did not ask for.")
        session = self._keys.from_export(field(opened.content, "session_key", str))
        self._keys.add(key, session, opened.device)
        self.arrived(session_id)
        return key.room_id, session_id

    def arrived(self, session_id: str) -> None:
        """By whatever way: nobody needs to look for it any more."""
        asking = self._means.records.get(ASKED, session_id)
        if asking is not None:
            self._means.records.remove(ASKED, session_id)
            gone = {"action": "request_cancellation", "request_id": asking["request_id"]}
            self._tell(asking["author"], gone)

    def _tell(self, author: str, content: JsonObject) -> None:
        message = content | {"requesting_device_id": self._own.device_id}
        self._means.outgoing.send_to_devices(TYPE, {(author, ALL_DEVICES): message})


@define
class GivingAgain:
    """What other users ask of us."""

    _lists: DeviceLists
    _keys: RoomKeys
    _sessions: OwnSessions
    _channels: Channels
    _records: Records

    def receive_request(self, sender: str, content: JsonObject) -> None:
        """Kept until it can be answered."""
        device_id, request_id = (
            field(content, name, str) for name in ("requesting_device_id", "request_id")
        )
        at = f"{sender} {device_id} {request_id}"
        if content.get("action") == "request_cancellation":
            self._records.remove(WANTED, at)
        elif content.get("action") == "request" and len(self._records.find(WANTED)) < MAX_ASKED:
            body = field(content, "body", dict)
            wanted = {name: field(body, name, str) for name in ("room_id", "session_id")}
            if self._sessions.is_current(wanted["room_id"], wanted["session_id"]):
                asked = wanted | {"user_id": sender, "device_id": device_id}
                self._records.put(WANTED, at, asked)

    def answer(self, now_ms: int) -> None:
        """A device that is not known, or never had the key, gets nothing, and no word."""
        for at, asked in self._records.find(WANTED).items():
            device = self._lists.device(asked["user_id"], asked["device_id"])
            if device is None or not self._channels.claims.want([device], now_ms):
                self._records.remove(WANTED, at)
                if device is not None:
                    self._give_again(device, asked["room_id"], asked["session_id"])

    def _give_again(self, device: Device, room_id: str, session_id: str) -> None:
        """From the message on from which they had it."""
        found = self._keys.find(room_id, session_id)
        index = self._sessions.take_turn(room_id, session_id, device)
        if found is None or index is None:
            return
        self._channels.hand_over(device, FORWARDED, forwarded(*found, index))
