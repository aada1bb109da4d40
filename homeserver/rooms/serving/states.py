"""The state before an event, also before one that came here only with a room's state.

Whoever follows us into a room asks for it: the event that our own join follows lies just before
all that we can tell.
"""

from homeserver.events.event import Event
from homeserver.rooms.serving.handing_out import state_positions
from homeserver.storage import events, missing_events
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction

MAX_HOPS = 100
NAME_WHAT_THEY_REPLACE = frozenset({"m.room.member", "m.room.power_levels"})
"""Among the events that authorise them. Spec: Server-Server API, "Auth events selection"; for
others only what came before tells, if all of it is here.
"""


class Unknown(Exception):
    """What is not here would have to be known."""


def positions_before(txn: Transaction, room: int, stored: Stored) -> list[int] | None:
    """Of the state events before this one; None if nobody here can say."""
    if stored.state:
        return state_positions(txn, stored.state)
    after = _state_after(txn, room, stored.event)
    if after is None:
        return None
    positions = state_positions(txn, after)
    if not stored.event.is_state or stored.is_rejected:
        return positions
    if stored.position not in positions:
        return None
    try:
        former = _replaced(txn, stored.event)
    except Unknown:
        return None
    others = [position for position in positions if position != stored.position]
    return others if former is None else [*others, former.position]


def _state_after(txn: Transaction, room: int, event: Event) -> bytes | None:
    """That before an event which follows this one alone: most often our join."""
    place = missing_events.place_of(txn, room, event.event_id)
    following = [] if place is None else events.after(txn, room, place - 1, 1, place)
    if not following or list(following[0].event.prev_events) != [event.event_id]:
        return None
    return following[0].state


def _replaced(txn: Transaction, event: Event) -> Stored | None:
    """The state event whose place this one took. Raises Unknown."""
    if event.type in NAME_WHAT_THEY_REPLACE:
        named = events.find_all(txn, event.auth_events)
        if len(named) < len(set(event.auth_events)):
            raise Unknown
        return next((one for one in named.values() if _is_former(one, event)), None)
    earlier = event
    for _ in range(MAX_HOPS):
        if not earlier.prev_events:
            return None
        before = [events.find(txn, event_id) for event_id in earlier.prev_events]
        if len(before) > 1 or before[0] is None:
            raise Unknown
        if _is_former(before[0], event):
            return before[0]
        earlier = before[0].event
    raise Unknown


def _is_former(stored: Stored, event: Event) -> bool:
    former = stored.event
    return former.is_state and former.state_pair == event.state_pair and not stored.is_rejected
