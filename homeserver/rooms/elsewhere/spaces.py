"""Rooms of other servers that nobody here is in: what those servers tell of them.

Spec: Server-Server API, "Spaces".
"""

from collections.abc import Sequence
from typing import Any

from attrs import field, frozen
from twisted.internet.defer import ensureDeferred, gatherResults

from homeserver.clock import Clock
from homeserver.errors import MatrixError
from homeserver.events.ids import domain_of, is_room_id
from homeserver.json_values import JsonObject, JsonValue
from homeserver.rooms.elsewhere.trying import first_to_help
from homeserver.rooms.other_servers import OtherServers
from homeserver.rooms.remote import RoomAddress
from homeserver.rooms.space_rooms import CHILD, SPACE, SpaceRoom, ordered
from homeserver.storage.cache import Cache

KEPT_MS = 5 * 60_000
CACHE_BYTES = 2 * 1024 * 1024
MAX_CHILDREN = 1000
MAX_ASKED = 3
"""Servers that are asked for one room."""

FIELDS: dict[str, type] = {
    "name": str,
    "topic": str,
    "canonical_alias": str,
    "avatar_url": str,
    "join_rule": str,
    "room_type": str,
    "encryption": str,
    "room_version": str,
    "num_joined_members": int,
    "world_readable": bool,
    "guest_can_join": bool,
}
NEEDED: JsonObject = {"num_joined_members": 0, "world_readable": False, "guest_can_join": False}

Rooms = dict[str, SpaceRoom]


def _size(_: object, kept: tuple[int, Rooms]) -> int:
    return 300 + sum(1500 + 500 * len(room.links) for room in kept[1].values())


def _new_cache() -> Cache[tuple[str, bool], tuple[int, Rooms]]:
    return Cache(CACHE_BYTES, _size)


@frozen(eq=False)
class SpacesElsewhere:
    """Remembers answers, and that there were none, for a few minutes."""

    _others: OtherServers
    _clock: Clock
    _server_name: str
    _kept: Cache[tuple[str, bool], tuple[int, Rooms]] = field(factory=_new_cache, init=False)

    async def find(
        self, addresses: Sequence[RoomAddress], suggested_only: bool
    ) -> dict[str, SpaceRoom]:
        """What other servers tell of these rooms, and of the rooms in them."""
        asked = [ensureDeferred(self._ask(address, suggested_only)) for address in addresses]
        found: Rooms = {}
        for rooms in await gatherResults(asked):
            found = {**rooms, **found}
        return found

    async def _ask(self, address: RoomAddress, suggested_only: bool) -> Rooms:
        key, now_ms = (address.room_id, suggested_only), self._clock.now_ms()
        kept = self._kept.get(key)
        if kept is not None and kept[0] > now_ms:
            return kept[1]

        async def ask(server: str) -> JsonObject:
            return await self._others.hierarchy(server, address.room_id, suggested_only)

        named = [*address.via, *([domain_of(address.room_id)] if ":" in address.room_id else [])]
        servers = [server for server in named if server != self._server_name][:MAX_ASKED]
        try:
            answer = await first_to_help(servers, self._server_name, ask)
            rooms = rooms_in(answer, address.room_id, suggested_only)
        except MatrixError:
            rooms = {}
        self._kept.fill(key, (now_ms + KEPT_MS, rooms), 0)
        return rooms


def rooms_in(answer: JsonObject, room_id: str, suggested_only: bool = False) -> Rooms:
    """The room, and those of its children of which the answer says all."""
    root = room_of(answer.get("room"), suggested_only)
    if root is None or root.room_id != room_id:
        return {}
    listed = answer.get("children")
    found = map(room_of, listed[:MAX_CHILDREN] if isinstance(listed, list) else [])
    linked = {link["state_key"] for link in root.links}
    # What is in a space below, only a question about that space would tell.
    whole = [it for it in found if it is not None and it.summary.get("room_type") != SPACE]
    return {**{it.room_id: it for it in whole if it.room_id in linked}, room_id: root}


def room_of(told: JsonValue, suggested_only: bool = False) -> SpaceRoom | None:
    """Less all that is not as it should be."""
    room_id = told.get("room_id") if isinstance(told, dict) else None
    if not (isinstance(room_id, str) and is_room_id(room_id)):
        return None
    shown = {name: told[name] for name, kind in FIELDS.items() if type(told.get(name)) is kind}
    summary: JsonObject = {**NEEDED, **shown, "room_id": room_id}
    allowed = told.get("allowed_room_ids")
    if isinstance(allowed, list):
        rooms = [it for it in allowed if isinstance(it, str) and it.startswith("!")]
        summary["allowed_room_ids"] = rooms[:MAX_CHILDREN]
    links = told.get("children_state")
    valid = filter(is_link, links[:MAX_CHILDREN] if isinstance(links, list) else [])
    return SpaceRoom(room_id, summary, ordered(map(stripped, valid), suggested_only))


def is_link(told: Any) -> bool:
    return (
        isinstance(told, dict)
        and told.get("type") == CHILD
        and isinstance(told.get("state_key"), str)
        and isinstance(told.get("sender"), str)
        and isinstance(told.get("content"), dict)
        and type(told.get("origin_server_ts")) is int
    )


def stripped(link: JsonObject) -> JsonObject:
    names = ("type", "state_key", "sender", "content", "origin_server_ts")
    return {name: link[name] for name in names}
