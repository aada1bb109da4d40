"""Which servers may tell something of a room at all."""

from attrs import frozen

from homeserver.rooms.server_access import room_for
from homeserver.storage.database import Database
from homeserver.storage.neighbours import shares_room


@frozen(eq=False)
class Doors:
    server_name: str
    _db: Database

    async def check(self, origin: str, room_id: str) -> None:
        """Raise NotFound or Forbidden unless the server has users in this room of ours."""
        await self._db.glance(room_for, self.server_name, room_id, origin)

    async def concerns_us(self, user_id: str) -> bool:
        """Whether a user of another server is in a room with users of ours."""
        return await self._db.glance(shares_room, self.server_name, user_id)
