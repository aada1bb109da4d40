"""Events of other servers, on their way into a room. Spec: "Receiving events", "PDUs"."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import define, frozen

from homeserver.events.event import Event
from homeserver.events.resolution.sources import UnresolvableState
from homeserver.logs import logger
from homeserver.peers.errors import PeerError
from homeserver.rooms import timeline
from homeserver.rooms.incoming.appending import (
    BEGINS_ONCE,
    NOT_IN_ROOM,
    Appending,
    Outcome,
)
from homeserver.rooms.incoming.checks import Checks
from homeserver.rooms.incoming.fetching import Fetching
from homeserver.rooms.incoming.preparing import Lacking, Prepared, lacking, prepare
from homeserver.rooms.other_servers import OtherServers
from homeserver.rooms.timeline import RoomStateIds
from homeserver.storage import events, missing_events
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

TRIES = 4
"""How often an event is prepared for a room that moves on meanwhile."""
MAX_ROUNDS = 10
"""How often a server is asked for what came before."""
MAX_FILLED = 200
"""Events by which one gap is filled; beyond them history is fetched when somebody pages back."""
MAX_STATES = 4
"""How often a server is asked for a whole state to fill one gap."""
ASKED = 50

UNRESOLVABLE = "The state before this event cannot be worked out."
TOO_MUCH_MISSING = "Too much of what came before this event is missing."
NOT_FETCHED = "What came before this event could not be fetched."
UNAUTHORISED = "The events that authorise this one could not be fetched."
INCOMPLETE = frozenset({UNRESOLVABLE, TOO_MUCH_MISSING, NOT_FETCHED, UNAUTHORISED})

log = logger(__name__)


@define
class Budget:
    """What may still be asked of a server for the sake of one event."""

    states: int = MAX_STATES


@frozen(eq=False)
class Receiving:
    appending: Appending
    db: Database
    checks: Checks
    others: OtherServers
    fetching: Fetching

    @property
    def server_name(self) -> str:
        return self.appending.server_name

    async def take(self, origin: str, room_id: str, found: Iterable[Event]) -> dict[str, str]:
        """Add genuine events of a room to it; by id, why some were refused, or empty.

        What is missing is asked of `origin`.
        """
        waiting = deque(sorted(found, key=lambda event: event.depth))
        problems: dict[str, str] = {}
        while waiting:
            done = await self.db.write(self.appending.append_ready, room_id, tuple(waiting))
            for outcome in done:
                waiting.popleft()
                problems[outcome.event_id] = outcome.problem
            if waiting:
                event = waiting.popleft()
                problems[event.event_id] = await self._take_apart(origin, event)
        return problems

    async def _take_apart(self, origin: str, event: Event) -> str:
        """An event that does not simply come next."""
        budget = Budget()
        if await self.db.glance(is_history, event):
            # It comes late: it is fetched when somebody pages back so far.
            return ""
        try:
            missing = await self.db.read(lacking, event)
            if missing.prev_events:
                for earlier in await self._fill_gap(origin, event):
                    await self._place(origin, earlier, budget)
            return await self._place(origin, event, budget)
        except UnresolvableState as error:
            log.warning("a fork of %s cannot be resolved: %s", event.room_id, error)
            return UNRESOLVABLE

    async def _place(self, origin: str, event: Event, budget: Budget) -> str:
        """Once all that can be had from before is there."""
        if not event.prev_events:
            return BEGINS_ONCE
        missing = await self.db.read(lacking, event)
        told: RoomStateIds | None = None
        try:
            if missing.auth_events:
                await self.fetching.auth_events(origin, event, missing.auth_events)
            if missing.prev_events:
                if not budget.states:
                    return TOO_MUCH_MISSING
                budget.states -= 1
                told = await self.fetching.state_before(origin, event)
        except PeerError as error:
            log.info("%s does not tell what came before %s: %s", origin, event.event_id, error)
            return NOT_FETCHED
        if missing and (await self.db.read(lacking, event)).auth_events:
            return UNAUTHORISED
        return (await self.append(event, told)).problem

    async def append(self, event: Event, told: RoomStateIds | None = None) -> Outcome:
        """Add an event when all that it rests upon is here. Raises UnresolvableState."""
        for _ in range(TRIES):
            prepared = await self.db.read(_prepare, event, told)
            if prepared is None:
                return Outcome(event.event_id, NOT_IN_ROOM)
            outcome = await self.db.write(self.appending.append_prepared, event, prepared)
            if outcome is not None:
                return outcome
        return await self.db.write(self.appending.prepare_and_append, event, told)

    async def _fill_gap(self, origin: str, event: Event) -> Sequence[Event]:
        """What the room has missed before this event, oldest first, as far as it can be had."""
        found: dict[str, Event] = {}
        latest = [event.event_id]
        for _ in range(MAX_ROUNDS):
            earliest = await self.db.glance(_extremities, event.room_id)
            try:
                pdus = await self.others.missing_events(
                    origin, event.room_id, earliest, latest, ASKED
                )
            except PeerError as error:
                log.info("%s does not fill a gap in %s: %s", origin, event.room_id, error)
                break
            checked = await self.checks.check(pdus[:ASKED], event.version, event.room_id, origin)
            checked.events.pop(event.event_id, None)
            unplaced = await self.db.read(_unplaced, list(checked.events))
            new = {id: checked.events[id] for id in unplaced if id not in found}
            found.update(new)
            wanted = behind(event, found)
            latest = await self._still_behind(found, [e for id, e in wanted.items() if id in new])
            if not new or not latest or len(found) >= MAX_FILLED:
                break
        return sorted(behind(event, found).values(), key=lambda one: one.depth)

    async def _still_behind(self, found: Collection[str], new: Iterable[Event]) -> list[str]:
        """Those of the new events before which something is still missing."""
        behind = []
        for one in new:
            missing: Lacking = await self.db.glance(lacking, one)
            if any(event_id not in found for event_id in missing.prev_events):
                behind.append(one.event_id)
        return behind[:20]


def behind(event: Event, found: Mapping[str, Event]) -> dict[str, Event]:
    """Those that the event follows, directly or through others of them.

    A server may tell more: what lies before events that the room has, and belongs to its past.
    """
    reached: dict[str, Event] = {}
    waiting = [event]
    while waiting:
        for event_id in waiting.pop().prev_events:
            if event_id in found and event_id not in reached:
                reached[event_id] = found[event_id]
                waiting.append(found[event_id])
    return reached


def _prepare(txn: Transaction, event: Event, told: RoomStateIds | None) -> Prepared | None:
    head = timeline.head(txn, event.room_id)
    return None if head is None else prepare(txn, head, event, told)


def _unplaced(txn: Transaction, event_ids: Sequence[str]) -> list[str]:
    """Those of the events before which we do not know the state."""
    known = events.find_all(txn, event_ids)
    return [id for id in event_ids if id not in known or not known[id].state]


def _extremities(txn: Transaction, room_id: str) -> list[str]:
    head = timeline.head(txn, room_id)
    return list(head.extremities[:20]) if head else []


def is_history(txn: Transaction, event: Event) -> bool:
    """Whether the event is one that the room's timeline lacks."""
    head = timeline.head(txn, event.room_id)
    return head is not None and missing_events.place_of(txn, head.room, event.event_id) is not None
