"""Spec: Server-Server API, "Typing Notifications", "Presence", "Receipts", "Send-to-device".

What servers tell in the EDUs of a transaction, each read and handed to its operation.
"""

from collections.abc import Iterator

from attrs import frozen

from homeserver.devices.to_device import ToDevice, read_messages
from homeserver.errors import Forbidden, InvalidParam, MatrixError
from homeserver.events.ids import domain_of, fits
from homeserver.http.request import field
from homeserver.json_values import JsonObject, JsonValue
from homeserver.rooms.incoming.edus import Handler
from homeserver.rooms.receipts import READ, Receipts
from homeserver.rooms.serving.doors import Doors
from homeserver.rooms.typing import Typing
from homeserver.users.presence import Presence

MAX_ENTRIES = 1000
"""Receipts, or users' presence, in one EDU."""
MAX_STATUS = 1024


@frozen(eq=False)
class Told:
    """What other servers tell of their users: of nobody else."""

    _doors: Doors
    _typing: Typing
    _receipts: Receipts
    _presence: Presence
    _to_device: ToDevice

    def handlers(self) -> dict[str, Handler]:
        return {
            "m.typing": self.typing,
            "m.receipt": self.receipts,
            "m.presence": self.presence,
            "m.direct_to_device": self.to_device,
        }

    async def typing(self, origin: str, content: JsonObject) -> None:
        user_id, room_id = field(content, "user_id", str), field(content, "room_id", str)
        check_own(origin, user_id)
        await self._doors.check(origin, room_id)
        await self._typing.set(user_id, room_id, field(content, "typing", bool))

    async def receipts(self, origin: str, content: JsonObject) -> None:
        for room_id, user_id, receipt in receipts_in(content):
            try:
                await self._receipt(origin, room_id, user_id, receipt)
            except MatrixError:
                # Of a room that keeps the server out, say: the others are good all the same.
                continue

    async def _receipt(self, origin: str, room_id: str, user_id: str, receipt: JsonObject) -> None:
        check_own(origin, user_id)
        await self._doors.check(origin, room_id)
        event_ids = field(receipt, "event_ids", list)
        thread = field(field(receipt, "data", dict, {}), "thread_id", str, None)
        if event_ids and isinstance(event_ids[0], str):
            await self._receipts.set(user_id, room_id, READ, event_ids[0], thread)

    async def presence(self, origin: str, content: JsonObject) -> None:
        for told in field(content, "push", list)[:MAX_ENTRIES]:
            if not isinstance(told, dict):
                continue
            user_id = field(told, "user_id", str)
            if not is_own(origin, user_id) or not await self._doors.concerns_us(user_id):
                continue
            status = field(told, "status_msg", str, None)
            if status is not None and (len(status) > MAX_STATUS or "\0" in status):
                status = None
            await self._presence.told(
                user_id,
                field(told, "presence", str),
                status,
                field(told, "last_active_ago", int, 0),
            )

    async def to_device(self, origin: str, content: JsonObject) -> None:
        sender, type = field(content, "sender", str), field(content, "type", str)
        message_id = field(content, "message_id", str)
        check_own(origin, sender)
        for text in (type, message_id):
            if not text or "\0" in text or not fits(text):
                raise InvalidParam("Types and message ids have 1 to 255 bytes, without NUL.")
        messages = read_messages(content)
        await self._to_device.receive(origin, sender, type, message_id, messages)


def check_own(origin: str, user_id: str) -> None:
    if not is_own(origin, user_id):
        raise Forbidden("A server tells of its own users.")


def is_own(origin: str, user_id: str) -> bool:
    return domain_of(user_id) == origin and "\0" not in user_id and fits(user_id)


def receipts_in(content: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    """Room, user, and what the user has read."""
    left = MAX_ENTRIES
    for room_id, by_type in content.items():
        read: JsonValue = by_type.get(READ) if isinstance(by_type, dict) else None
        for user_id, receipt in read.items() if isinstance(read, dict) else ():
            if not isinstance(receipt, dict):
                raise InvalidParam("A receipt must be an object.")
            left -= 1
            if left < 0:
                return
            yield room_id, user_id, receipt
