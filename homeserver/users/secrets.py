"""Keys of this server's own: made when they are first needed, and kept in the database."""

from collections.abc import Callable

from attrs import field, frozen

from homeserver.storage import server_secrets
from homeserver.storage.database import Database


@frozen(eq=False)
class Secrets:
    _db: Database
    _known: dict[str, bytes] = field(factory=dict)

    async def get(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The secret of this name; `make` makes one where there is none yet."""
        known = self._known.get(name)
        if known is None:
            known = await self._db.glance(server_secrets.find, name)
        if known is None:
            known = await self._db.write(server_secrets.keep, name, make())
        self._known[name] = known
        return known
