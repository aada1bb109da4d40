"""How an event that does not simply follow the newest stands to its room.

Plain functions of a read: what takes long is done here, before the writer is asked.
"""

from collections.abc import Iterable, Mapping

from attrs import frozen

from homeserver.events.event import Event
from homeserver.rooms.incoming.authorising import Judgement, judge
from homeserver.rooms.incoming.forks import merged, state_after, state_with
from homeserver.rooms.timeline import Arrival, RoomStateIds
from homeserver.storage import events
from homeserver.storage.events import Standing, Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

MAX_HOPS = 1000
"""Events that are not allowed, one upon the other, that are looked through."""


@frozen
class Lacking:
    """What must be fetched before the event can be judged."""

    prev_events: list[str]
    auth_events: list[str]

    def __bool__(self) -> bool:
        return bool(self.prev_events or self.auth_events)


@frozen
class Prepared:
    """Good for as long as the room's head has these extremities."""

    extremities: tuple[str, ...]
    arrival: Arrival
    judgement: Judgement


def lacking(txn: Transaction, event: Event) -> Lacking:
    """Of the events that this one names: those without a known state, and those unknown."""
    found = events.find_all(txn, (*event.prev_events, *event.auth_events))
    return Lacking(
        [e for e in event.prev_events if e not in found or not found[e].state],
        [e for e in event.auth_events if e not in found],
    )


def prepare(txn: Transaction, head: Head, event: Event, told: RoomStateIds | None) -> Prepared:
    """`told` is the state before the event, if another server had to tell it.

    Raises UnresolvableState.
    """
    found = events.find_all(txn, event.prev_events)
    followed = _followed(txn, found.values())
    before = told or _state_before(txn, head, event, found)
    auth_events = events.find_all(txn, event.auth_events)
    judgement = judge(txn, head, event, auth_events, before)
    after = None
    if judgement.standing is Standing.ALLOWED:
        after = _state_after(txn, head, event, before, followed)
    shown = {event_id for event_id, stored in found.items() if stored.state}
    missing = [event_id for event_id in event.prev_events if event_id not in shown]
    arrival = Arrival(judgement.standing, before, followed, after, missing)
    return Prepared(head.extremities, arrival, judgement)


def _followed(txn: Transaction, prev_events: Iterable[Stored]) -> set[str]:
    """The prev events; and what is followed only through events that are not allowed."""
    followed: set[str] = set()
    waiting = list(prev_events)
    while waiting and len(followed) < MAX_HOPS:
        stored = waiting.pop()
        followed.add(stored.event.event_id)
        if stored.state and stored.standing is not Standing.ALLOWED:
            behind = [e for e in stored.event.prev_events if e not in followed]
            waiting += events.find_all(txn, behind).values()
    return followed


def _state_before(
    txn: Transaction, head: Head, event: Event, prev_events: Mapping[str, Stored]
) -> RoomStateIds:
    if set(head.extremities) == set(event.prev_events):
        return RoomStateIds(head.root)
    states = [state_after(stored) for stored in prev_events.values() if stored.state]
    return merged(txn, head.version, states, {})


def _state_after(
    txn: Transaction, head: Head, event: Event, before: RoomStateIds, followed: set[str]
) -> RoomStateIds:
    """The room's state with the event: resolved from those of all that nothing follows yet."""
    left = [event_id for event_id in head.extremities if event_id not in followed]
    others = events.find_all(txn, left).values()
    states = [*map(state_after, others), state_with(before, event)]
    return merged(txn, head.version, states, {event.event_id: event})
