"""Events, states and history, for servers in the room. Spec: Server-Server API, "Retrieving
events", "Backfilling and retrieving missing events".
"""

from collections.abc import Collection, Sequence
from heapq import heappop, heappush
from typing import TypeVar

from attrs import frozen

from homeserver.clock import Clock
from homeserver.errors import NotFound
from homeserver.events.event import Event
from homeserver.json_values import JsonObject
from homeserver.rooms.server_access import room_for
from homeserver.rooms.serving.handing_out import auth_chain, pdus_at
from homeserver.rooms.serving.sight import seen_by
from homeserver.rooms.serving.states import positions_before
from homeserver.rooms.shown import as_seen
from homeserver.storage import event_times, events
from homeserver.storage.database import Database
from homeserver.storage.events import Standing, Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

T = TypeVar("T")

MAX_MISSING, MAX_BACKFILL = 50, 100
NO_EVENT = "There is no such event in this room."


@frozen(eq=False)
class RoomEvents:
    server_name: str
    _db: Database
    _clock: Clock

    async def event(self, origin: str, event_id: str) -> JsonObject:
        found = await self._db.read(self._event, origin, event_id)
        return self._transaction([found.pdu])

    def _event(self, txn: Transaction, origin: str, event_id: str) -> Event:
        stored = events.find(txn, event_id)
        if stored is None:
            raise NotFound("This server does not have the event.")
        head = self._room(txn, origin, stored.event.room_id)
        if not stored.state:
            # Known only because others rest on it: so it is state, which members may see.
            return as_seen(stored)
        return seen_by(txn, head, origin, [stored])[0]

    async def auth_chain(self, origin: str, room_id: str, event_id: str) -> JsonObject:
        return await self._db.read(self._auth_chain, origin, room_id, event_id)

    def _auth_chain(self, txn: Transaction, origin: str, room_id: str, event_id: str) -> JsonObject:
        self._room(txn, origin, room_id)
        stored = _of_room(txn, room_id, event_id)
        chain = auth_chain(txn, [stored.event])
        return {"auth_chain": pdus_at(txn, [one.position for one in chain.values()])}

    async def state(self, origin: str, room_id: str, event_id: str) -> JsonObject:
        """Whole events of the state before this one, and all that they rest upon."""
        return await self._db.read(self._state, origin, room_id, event_id)

    def _state(self, txn: Transaction, origin: str, room_id: str, event_id: str) -> JsonObject:
        positions, chain = self._state_before(txn, origin, room_id, event_id)
        return {"pdus": pdus_at(txn, positions), "auth_chain": pdus_at(txn, chain.values())}

    async def state_ids(self, origin: str, room_id: str, event_id: str) -> JsonObject:
        return await self._db.read(self._state_ids, origin, room_id, event_id)

    def _state_ids(self, txn: Transaction, origin: str, room_id: str, event_id: str) -> JsonObject:
        positions, chain = self._state_before(txn, origin, room_id, event_id)
        return {"pdu_ids": list(events.ids_at(txn, positions)), "auth_chain_ids": list(chain)}

    def _state_before(
        self, txn: Transaction, origin: str, room_id: str, event_id: str
    ) -> tuple[list[int], dict[str, int]]:
        """Positions of the state events, and of what they rest upon by id."""
        head = self._room(txn, origin, room_id)
        stored = _of_room(txn, room_id, event_id)
        positions = positions_before(txn, head.room, stored)
        if positions is None:
            raise NotFound("This server does not know the state before this event.")
        found = events.at_all(txn, positions)
        chain = auth_chain(txn, (one.event for one in found.values()))
        return positions, {event_id: one.position for event_id, one in chain.items()}

    async def missing(
        self,
        origin: str,
        room_id: str,
        latest: Sequence[str],
        earliest: Collection[str],
        limit: int,
        min_depth: int,
    ) -> JsonObject:
        """What stands between some events, the oldest first."""
        limit = min(limit, MAX_MISSING)
        found = await self._db.read(self._walk, origin, room_id, latest, earliest, limit, min_depth)
        between = [event.pdu for event in found if event.event_id not in latest]
        return {"events": between[:limit][::-1]}

    async def backfill(
        self, origin: str, room_id: str, starts: Sequence[str], limit: int
    ) -> JsonObject:
        """Some events and what came before them, the newest first."""
        limit = min(limit, MAX_BACKFILL)
        found = await self._db.read(self._walk, origin, room_id, starts, (), limit, 0)
        return self._transaction([event.pdu for event in found[:limit]])

    def _walk(
        self,
        txn: Transaction,
        origin: str,
        room_id: str,
        starts: Sequence[str],
        ends: Collection[str],
        limit: int,
        min_depth: int,
    ) -> list[Event]:
        """From event to prev events, the deepest first."""
        head = self._room(txn, origin, room_id)
        found: list[Stored] = []
        seen = {*ends}
        waiting: list[tuple[int, str, Stored]] = []

        def reach(event_ids: Collection[str]) -> None:
            for event_id, stored in events.find_all(txn, set(event_ids) - seen).items():
                seen.add(event_id)
                # What is not allowed is walked through, but not handed out.
                if stored.state and stored.event.room_id == room_id:
                    heappush(waiting, (-stored.event.depth, event_id, stored))

        reach(starts)
        while waiting and len(found) < limit + len(starts):
            _, _, stored = heappop(waiting)
            if stored.event.depth < min_depth:
                continue
            if stored.standing is Standing.ALLOWED:
                found.append(stored)
            reach(stored.event.prev_events)
        return seen_by(txn, head, origin, found)

    async def closest(self, origin: str, room_id: str, ts: int, backwards: bool) -> JsonObject:
        """The id and time of the event closest to a time."""
        return await self._db.read(self._closest, origin, room_id, ts, backwards)

    def _closest(
        self, txn: Transaction, origin: str, room_id: str, ts: int, backwards: bool
    ) -> JsonObject:
        head = self._room(txn, origin, room_id)
        search = event_times.earlier if backwards else event_times.later
        found = search(txn, head.room, (ts, 2**62 if backwards else -1), 1)
        if not found:
            raise NotFound("No event of this room stands there.")
        event = events.at(txn, found[0][1]).event
        return {"event_id": event.event_id, "origin_server_ts": event.origin_server_ts}

    def _room(self, txn: Transaction, origin: str, room_id: str) -> Head:
        return room_for(txn, self.server_name, room_id, origin)

    def _transaction(self, pdus: list[JsonObject]) -> JsonObject:
        return {
            "origin": self.server_name,
            "origin_server_ts": self._clock.now_ms(),
            "pdus": pdus,
        }


def _of_room(txn: Transaction, room_id: str, event_id: str) -> Stored:
    stored = events.find(txn, event_id)
    if stored is None or stored.event.room_id != room_id:
        raise NotFound(NO_EVENT)
    return stored
