"""Vouches for the keys of other servers. Spec: "Querying Keys Through Another Server"."""

from collections.abc import Collection, Mapping
from typing import TypeAlias

from homeserver.clock import Clock
from homeserver.errors import InvalidParam
from homeserver.events.ids import is_server_name
from homeserver.json_values import JsonObject, decode
from homeserver.peers.own_keys import OwnKeys
from homeserver.peers.server_keys import ServerKeys
from homeserver.storage import server_keys
from homeserver.storage.database import Database
from homeserver.storage.server_keys import DocumentRow

MAX_SERVERS = 250

Criteria: TypeAlias = Mapping[str, int]
"""By key id, until when it should be valid; the key id "" stands for all keys."""


class Notary:
    """What is held is handed on for half of its life; then its server is asked anew."""

    def __init__(self, db: Database, clock: Clock, own: OwnKeys, keys: ServerKeys) -> None:
        self._db = db
        self._now_ms = clock.now_ms
        self._own = own
        self._keys = keys

    def published(self) -> JsonObject:
        """Our own keys."""
        return self._own.published()

    async def query(self, wanted: Mapping[str, Criteria]) -> list[JsonObject]:
        """Documents of the servers that could be asked or are known, with our signature."""
        if len(wanted) > MAX_SERVERS:
            raise InvalidParam(f"Ask for the keys of at most {MAX_SERVERS} servers at once.")
        others = [name for name in wanted if name != self._own.server_name and is_server_name(name)]
        held = await self._held(others)
        stale = [name for name in others if not self._satisfies(held[name], wanted[name])]
        if stale:
            await self._keys.learn(stale)
            held.update(await self._held(stale))
        found = [self._own.sign_json(decode(row.json)) for name in others for row in held[name]]
        return [self._own.published(), *found] if self._own.server_name in wanted else found

    async def _held(self, servers: Collection[str]) -> dict[str, list[DocumentRow]]:
        held: dict[str, list[DocumentRow]] = {server: [] for server in servers}
        if servers:
            for row in await self._db.glance(server_keys.documents, servers):
                held[row.server_name].append(row)
        return held

    def _satisfies(self, rows: list[DocumentRow], criteria: Criteria) -> bool:
        if not rows:
            return False
        newest = rows[0]
        half_ms = (newest.valid_until_ts - newest.fetched_ts) // 2
        until_ts = max(criteria.values(), default=0)
        is_young = self._now_ms() < newest.fetched_ts + half_ms
        return is_young and newest.valid_until_ts >= until_ts
