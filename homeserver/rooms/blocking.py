"""Rooms that administrators close to our users."""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.errors import Forbidden, InvalidParam
from homeserver.events.ids import is_room_id
from homeserver.storage import blocked_rooms
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class Blocking:
    _db: Database
    _clock: Clock

    async def blocked_by(self, room_id: str) -> str | None:
        """The administrator who closed the room, if somebody did."""
        return await self._db.read(blocked_rooms.blocked_by, room_id)

    async def set(self, user_id: str, room_id: str, blocked: bool) -> None:
        """Also of rooms that are not known here yet."""
        if not is_room_id(room_id):
            raise InvalidParam("This is not the id of a room.")
        if blocked:
            now_ms = self._clock.now_ms()
            await self._db.write(blocked_rooms.block, room_id, user_id, now_ms)
        else:
            await self._db.write(blocked_rooms.unblock, room_id)


def check_not_blocked(txn: Transaction, room_id: str) -> None:
    if blocked_rooms.blocked_by(txn, room_id) is not None:
        raise Forbidden("The administrators of this server have closed this room.")
