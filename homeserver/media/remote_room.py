"""How much room files of other servers take: those that nobody asked for longest go first."""

from collections.abc import Callable

from attrs import define

from homeserver.media.keeping import Keeping
from homeserver.storage import media
from homeserver.storage.database import Database
from homeserver.storage.media import Media

AT_ONCE = 100
PART = 20
"""When so large a part of the room has come, it is looked whether there is too much."""


@define(eq=False)
class RemoteRoom:
    """They can be fetched again, as long as their servers have them."""

    _db: Database
    _keeping: Keeping
    _server_name: str
    max_bytes: int
    _lacking: Callable[[], int] = lambda: 0
    """How many bytes the disk lacks: they go before uploads have to be refused."""
    _came: int = 0

    async def take(self, size: int) -> None:
        """A file has come."""
        self._came += size
        if self._came * PART > self.max_bytes:
            self._came = 0
            await self.shrink()

    async def shrink(self) -> int:
        """Delete until all take no more than they may; the bytes of those that went."""
        total = await self._db.read(media.bytes_of_others, self._server_name)
        gone, most = 0, min(self.max_bytes, total - self._lacking())
        while total - gone > max(0, most):
            surplus = total - gone - most
            oldest = await self._db.read(media.least_used_of_others, self._server_name, AT_ONCE)
            if not oldest:
                break
            for found in _as_many_as_needed(oldest, surplus):
                await self._keeping.delete(found)
                gone += found.size
        return gone


def _as_many_as_needed(oldest: list[Media], surplus: int) -> list[Media]:
    chosen: list[Media] = []
    for found in oldest:
        if surplus <= 0:
            break
        chosen.append(found)
        surplus -= found.size
    return chosen
