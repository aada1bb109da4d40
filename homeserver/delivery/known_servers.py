"""Other servers, and how they are reached, for administrators."""

from attrs import frozen

from homeserver.errors import InvalidParam, NotFound
from homeserver.events.ids import is_server_name
from homeserver.peers.backoff import Backoff
from homeserver.storage import known_servers, outgoing
from homeserver.storage.database import Database
from homeserver.storage.destinations import Silence
from homeserver.storage.outgoing import Lag
from homeserver.storage.transaction import Transaction

__all__ = ["KnownServer", "KnownServers"]


@frozen
class KnownServer:
    """`silence` is None for one that answers; it has all that was for it up to `place`."""

    name: str
    silence: Silence | None
    place: int


@frozen(eq=False)
class KnownServers:
    _db: Database
    _backoff: Backoff
    _server_name: str

    async def everything(self) -> list[KnownServer]:
        """Those with users in rooms with ours, and those that do not answer; by name."""
        found = await self._db.read(known_servers.everything, self._server_name)
        names = sorted(found | set(self._backoff.silent()))
        lags, now = await self._db.read(lags_and_now)
        return [
            KnownServer(
                name, self._backoff.silence_of(name), lags[name].place if name in lags else now
            )
            for name in names
        ]

    async def one(self, name: str) -> KnownServer:
        """Raises NotFound."""
        silence = self._backoff.silence_of(name)
        if silence is None and not await self.rooms(name):
            raise NotFound("This server has nothing to do with that one.")
        lags, now = await self._db.read(lags_and_now)
        return KnownServer(name, silence, lags[name].place if name in lags else now)

    async def rooms(self, name: str) -> list[tuple[str, int]]:
        """Rooms with users of the server, and the place of the newest of these memberships."""
        if not is_server_name(name) or name == self._server_name:
            return []
        return await self._db.read(known_servers.rooms_with, name)

    async def reset(self, name: str) -> None:
        """Let a silent server be asked again at once."""
        if (await self.one(name)).silence is None:
            raise InvalidParam("This server is not waited for: it may be asked at any time.")
        self._backoff.forgive(name)


def lags_and_now(txn: Transaction) -> tuple[dict[str, Lag], int]:
    """How far the servers are that lag behind, and how far all the others are."""
    return outgoing.lagging(txn), txn.position
