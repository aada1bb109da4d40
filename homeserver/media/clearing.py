"""Files that administrators delete by age and size, and the files that a room names."""

from attrs import frozen

from homeserver.media.moderation import MediaModeration
from homeserver.media.room_files import BEGINNING, named_in
from homeserver.storage import media_lists, media_upkeep
from homeserver.storage.database import Database
from homeserver.storage.media_upkeep import Address
from homeserver.storage.transaction import Transaction

BATCH = 100


@frozen(kw_only=True)
class Which:
    """Of our users' files: those for which nobody asked since, and which are larger."""

    before_ts: int
    larger_than: int = 0
    keeps_pictures: bool = True
    """Whether the pictures of people and rooms stay."""


@frozen(eq=False)
class Clearing:
    _db: Database
    _moderation: MediaModeration
    _server_name: str

    async def delete(self, which: Which) -> list[str]:
        """The ids of what is gone now."""
        kept = await self._db.read(media_lists.pictures) if which.keeps_pictures else set()
        gone, after = list[str](), ""
        while found := await self._db.read(self._next, which, after):
            for origin, media_id in found:
                if f"mxc://{origin}/{media_id}" not in kept:
                    await self._moderation.delete(origin, media_id)
                    gone.append(media_id)
            after = found[-1][1]
        return gone

    async def delete_cached(self, before_ts: int) -> int:
        """Copies of other servers' files that nobody has asked for since; how many are gone."""
        count = 0
        while found := await self._db.read(media_upkeep.unused_of_others, before_ts, BATCH):
            for address in found:
                await self._moderation.delete(*address)
            count += len(found)
        return count

    async def of_room(self, room_id: str) -> tuple[list[str], list[str]]:
        """The mxc:// URIs that its events name: of this server, and of others."""
        found: dict[Address, None] = {}
        place: int | None = BEGINNING
        while place is not None:
            named, place = await self._db.read(named_in, room_id, place)
            found |= dict.fromkeys(named)
        ours = [f"mxc://{origin}/{id}" for origin, id in found if origin == self._server_name]
        others = [f"mxc://{origin}/{id}" for origin, id in found if origin != self._server_name]
        return ours, others

    def _next(self, txn: Transaction, which: Which, after: str) -> list[Address]:
        return media_upkeep.old_and_large(txn, which.before_ts, which.larger_than, after, BATCH)
