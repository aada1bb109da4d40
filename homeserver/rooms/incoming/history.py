"""What happened in a room before we came, fetched when somebody pages back so far.

Spec: Server-Server API, "Backfilling and retrieving missing events".
"""

from collections.abc import Sequence

from attrs import frozen

from homeserver.events.auth_rules import authorize
from homeserver.events.event import Event
from homeserver.events.problems import AuthError
from homeserver.events.resolution.sources import UnresolvableState
from homeserver.logs import logger
from homeserver.peers.errors import PeerError
from homeserver.rooms import timeline
from homeserver.rooms.incoming.authorising import StateBefore, authorize_by_auth_events
from homeserver.rooms.incoming.forks import merged, state_after
from homeserver.rooms.incoming.preparing import lacking
from homeserver.rooms.incoming.receiving import Receiving
from homeserver.rooms.state_view import StateView
from homeserver.rooms.timeline import Arrival, RoomStateIds
from homeserver.storage import events, missing_events
from homeserver.storage.events import Standing
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

ASKED = 100
MAX_ROUNDS = 3
"""How often others are asked for the sake of one page."""
MAX_STATES = 5
MAX_SERVERS = 3

BEFORE_ALL = 1_000_000
"""Places that are left free between the oldest event here and one from long before it."""

log = logger(__name__)


@frozen
class Gap:
    """Events are missing just before `place`; some servers may have them."""

    room_id: str
    place: int
    missing: list[str]
    servers: list[str]
    head: Head


@frozen(eq=False)
class History:
    _receiving: Receiving

    async def fill_page(self, user_id: str, room_id: str, start: int | None, limit: int) -> None:
        """Fetch what is missing on a page backwards from a place, as far as others give it."""
        db = self._receiving.db
        for _ in range(MAX_ROUNDS):
            gap = await db.glance(self._gap_on_page, user_id, room_id, start, limit)
            if gap is None or not await self._fill(gap):
                return

    def _gap_on_page(
        self, txn: Transaction, user_id: str, room_id: str, start: int | None, limit: int
    ) -> Gap | None:
        head = timeline.head(txn, room_id)
        if head is None or not head.is_joined(user_id):
            return None
        upto = head.newest if start is None else start
        # The page may begin in the very gap, whose place is that of the event behind it.
        following = events.after(txn, head.room, upto, 1)
        reach = following[0].place or upto if following else upto
        place = missing_events.newest_gap(txn, head.room, max(upto, reach))
        if place is None:
            return None
        if len(events.before(txn, head.room, upto, limit + 1, place - 1)) > limit:
            return None
        missing = missing_events.before(txn, head.room, place, 20)
        servers = [s for s in head.servers if s != self._receiving.server_name]
        return Gap(room_id, place, missing, servers[:MAX_SERVERS], head)

    async def bring(self, server: str, room_id: str, event_id: str) -> bool:
        """Put one event of the past into the gap where it belongs; raises PeerError."""
        receiving = self._receiving
        head = await receiving.db.glance(timeline.head, room_id)
        if head is None:
            return False
        pdu = await receiving.others.event(server, event_id)
        checked = await receiving.checks.check([pdu], head.version, room_id, server)
        event = checked.events.get(event_id)
        place = None if event is None else await receiving.db.read(_place_in_gap, head, event)
        if event is None or place is None:
            return False
        missing = await receiving.db.read(lacking, event)
        if missing.auth_events:
            await receiving.fetching.auth_events(server, event, missing.auth_events)
        told = await receiving.fetching.state_before(server, event)
        arrival = await receiving.db.read(_arrival, event, told)
        return arrival is not None and await receiving.db.write(_add, event, place, arrival)

    async def _fill(self, gap: Gap) -> bool:
        """Whether anything was found."""
        for server in gap.servers:
            try:
                pdus = await self._receiving.others.backfill(
                    server, gap.room_id, gap.missing, ASKED
                )
                checked = await self._receiving.checks.check(
                    pdus[:ASKED], gap.head.version, gap.room_id, server, is_past=True
                )
                found = await self._receiving.db.read(_not_shown, list(checked.events.values()))
                if await self._insert(server, gap, _in_gap(gap, found)):
                    return True
            except (PeerError, UnresolvableState) as error:
                log.info("%s gives no history of %s: %s", server, gap.room_id, error)
        return False

    async def _insert(self, server: str, gap: Gap, found: Sequence[Event]) -> bool:
        oldest_first = sorted(found, key=lambda event: event.depth)
        places = await self._receiving.db.read(_free_places, gap, len(oldest_first))
        states, inserted = MAX_STATES, 0
        if not places:
            await self._receiving.db.write(_give_up, gap)
            return False
        # Where there is no room for all of them, the newest are taken.
        for event, place in zip(oldest_first[-len(places) :], places, strict=True):
            missing = await self._receiving.db.read(lacking, event)
            told = None
            if missing.auth_events:
                await self._receiving.fetching.auth_events(server, event, missing.auth_events)
            if missing.prev_events:
                if not states:
                    continue
                states -= 1
                told = await self._receiving.fetching.state_before(server, event)
            arrival = await self._receiving.db.read(_arrival, event, told)
            if arrival is not None:
                inserted += await self._receiving.db.write(_add, event, place, arrival)
        return inserted > 0


def _in_gap(gap: Gap, found: Sequence[Event]) -> list[Event]:
    """Those that lead to what is missing. Others lie behind events that are here: in other gaps."""
    by_id = {event.event_id: event for event in found}
    waiting, reached = list(gap.missing), {}
    while waiting:
        event = by_id.pop(waiting.pop(), None)
        if event is not None:
            reached[event.event_id] = event
            waiting += event.prev_events
    return list(reached.values())


def _place_in_gap(txn: Transaction, head: Head, event: Event) -> int | None:
    """A free place in the middle of the gap; None if there is no gap for it."""
    if not _not_shown(txn, [event]):
        return None
    for place in missing_events.gaps(txn, head.room):
        (behind,) = events.after(txn, head.room, place - 1, 1)
        if behind.event.depth <= event.depth:
            continue
        earlier = events.before(txn, head.room, place - 1, 1)
        if not earlier:
            return min(place, 0) - BEFORE_ALL
        middle = ((earlier[0].place or 0) + place) // 2
        return middle if middle > (earlier[0].place or 0) else None
    return None


def _give_up(txn: Transaction, gap: Gap) -> None:
    """There is no place for more: what is missing stays so."""
    for event_id in gap.missing:
        missing_events.remove(txn, gap.head.room, event_id)


def _not_shown(txn: Transaction, found: Sequence[Event]) -> list[Event]:
    """Those that neither are in the timeline nor were found to be not allowed there."""
    known = events.find_all(txn, [event.event_id for event in found])
    return [e for e in found if e.event_id not in known or not known[e.event_id].state]


def _free_places(txn: Transaction, gap: Gap, count: int) -> list[int]:
    """Ascending, all just before the gap's place; behind the room's first event they may be few."""
    earlier = events.before(txn, gap.head.room, gap.place - 1, 1)
    if not earlier:
        end = min(gap.place, 0)
        return list(range(end - count, end))
    return list(range(max((earlier[0].place or 0) + 1, gap.place - count), gap.place))


def _arrival(txn: Transaction, event: Event, told: RoomStateIds | None) -> Arrival | None:
    """None if it still rests on what is not here. Current state has no say about the past."""
    head = timeline.head(txn, event.room_id)
    prev_events = events.find_all(txn, event.prev_events)
    auth_events = events.find_all(txn, event.auth_events)
    if head is None or len(auth_events) < len(set(event.auth_events)):
        return None
    before = told
    if before is None:
        states = [state_after(stored) for stored in prev_events.values()]
        empty = RoomStateIds(timeline.NO_STATE)
        before = merged(txn, head.version, states, {}) if states else empty
    create = StateView(txn, head).get(("m.room.create", ""))
    missing = [e for e in event.prev_events if e not in prev_events or not prev_events[e].state]
    try:
        authorize_by_auth_events(event, auth_events, create)
        authorize(event, StateBefore(txn, before))
    except AuthError:
        return Arrival(Standing.REJECTED, before)
    return Arrival(Standing.ALLOWED, before, lacking=missing)


def _add(txn: Transaction, event: Event, place: int, arrival: Arrival) -> bool:
    head = timeline.head(txn, event.room_id)
    if head is None or not _not_shown(txn, [event]):
        return False
    return timeline.insert_history(txn, head, event, place, arrival)
