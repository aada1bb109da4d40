"""The keys of other servers: remembered, stored, and fetched where that does not do."""

from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from attrs import frozen
from nacl.signing import VerifyKey

from homeserver.clock import Clock
from homeserver.events.ids import is_server_name
from homeserver.json_values import encode
from homeserver.peers.key_documents import HeldKey, KeyDocument
from homeserver.peers.key_fetching import KeyFetching
from homeserver.peers.own_keys import OwnKeys
from homeserver.peers.remembered import Remembered
from homeserver.storage import server_keys
from homeserver.storage.database import Database
from homeserver.storage.server_keys import DocumentRow, KeyRow
from homeserver.storage.transaction import Transaction

HOUR_MS = 3_600_000
MAX_REMEMBERED = 50_000
FEW = 4
"""So many servers are asked themselves first; for more, a notary has all answers at once."""

KeyName: TypeAlias = tuple[str, str]
"""Server name and key id."""


@frozen
class Wish:
    """A key that must have been valid at a time; 0 for rooms where keys never end."""

    server: str
    key_id: str
    at_ts: int = 0

    @property
    def name(self) -> KeyName:
        return self.server, self.key_id


class ServerKeys:
    def __init__(self, db: Database, clock: Clock, own: OwnKeys, fetching: KeyFetching) -> None:
        self._db = db
        self._clock = clock
        self._own = own
        self._fetching = fetching
        self._known: Remembered[KeyName, HeldKey] = Remembered(clock, MAX_REMEMBERED)

    async def key_for(self, server: str, key_id: str, at_ts: int = 0) -> VerifyKey | None:
        """A key of the server that was valid then, wherever it can be had from."""
        found = await self.keys_for([Wish(server, key_id, at_ts)])
        return found.get((server, key_id))

    async def keys_for(self, wishes: Iterable[Wish]) -> dict[KeyName, VerifyKey]:
        """Those that could be had. Of several wishes for one key the strictest counts."""
        wanted = _strictest(wish for wish in wishes if is_server_name(wish.server))
        found = {
            wish.name: key
            for wish in wanted
            if wish.server == self._own.server_name
            and (key := self._own.find(wish.key_id, wish.at_ts))
        }
        missing = [wish for wish in wanted if wish.server != self._own.server_name]
        missing = self._take_known(missing, found)
        if missing:
            await self._recall({wish.server for wish in missing})
            missing = self._take_known(missing, found)
        if missing:
            await self._fetch(missing)
            self._take_known(missing, found)
        return found

    async def learn(self, servers: Collection[str]) -> None:
        """Ask servers themselves for all their keys, and keep the answers."""
        await self._keep(await self._fetching.from_servers(servers))

    def _take_known(self, wishes: Iterable[Wish], found: dict[KeyName, VerifyKey]) -> list[Wish]:
        """Add what is remembered, and was valid; the wishes that are left."""
        left = []
        for wish in wishes:
            held = self._known.get(wish.name)
            if held is not None and held.valid_until_ts >= wish.at_ts:
                found[wish.name] = held.verify_key()
            else:
                left.append(wish)
        return left

    async def _recall(self, servers: Collection[str]) -> None:
        for name, row in (await self._db.glance(server_keys.find, servers)).items():
            self._known.put(name, HeldKey(row.key, row.valid_until_ts), HOUR_MS)

    async def _fetch(self, missing: list[Wish]) -> None:
        sources = [self._from_servers, self._from_notaries]
        if len({wish.server for wish in missing}) > FEW:
            sources.reverse()
        for source in sources:
            await self._keep(await source(missing))
            missing = self._take_known(missing, {})
            if not missing:
                return

    async def _from_servers(self, missing: Collection[Wish]) -> list[KeyDocument]:
        return await self._fetching.from_servers({wish.server for wish in missing})

    async def _from_notaries(self, missing: Collection[Wish]) -> list[KeyDocument]:
        wishes: dict[str, dict[str, int]] = {}
        for wish in missing:
            wishes.setdefault(wish.server, {})[wish.key_id] = wish.at_ts
        return await self._fetching.from_notaries(wishes)

    async def _keep(self, documents: Collection[KeyDocument]) -> None:
        if documents:
            await self._db.write(_store, documents, self._clock.now_ms())
            await self._recall({document.server_name for document in documents})


def _strictest(wishes: Iterable[Wish]) -> list[Wish]:
    latest: dict[KeyName, Wish] = {}
    for wish in wishes:
        other = latest.get(wish.name)
        if other is None or other.at_ts < wish.at_ts:
            latest[wish.name] = wish
    return list(latest.values())


def _store(txn: Transaction, documents: Collection[KeyDocument], now_ms: int) -> None:
    for document in documents:
        row = DocumentRow(
            document.server_name, encode(document.json).decode(), document.valid_until_ts, now_ms
        )
        server_keys.save(txn, row, _rows(document.keys))


def _rows(keys: Mapping[str, HeldKey]) -> dict[str, KeyRow]:
    return {id: KeyRow(held.key, held.valid_until_ts) for id, held in keys.items()}
