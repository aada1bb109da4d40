"""State resolution of room versions 2 to 11, and v2.1 of version 12. Spec: their "Algorithm"."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from homeserver.events.auth_selection import POWER_LEVELS
from homeserver.events.event import Event, StateKey
from homeserver.events.resolution.auth_chains import auth_chain, conflicted_subgraph
from homeserver.events.resolution.conflicts import Conflicted
from homeserver.events.resolution.ordering import mainline_order, reverse_topological_power_order
from homeserver.events.resolution.partial_state import PartialState, apply_allowed
from homeserver.events.resolution.sources import KnownEvents, Unconflicted


def resolve_v2(
    unconflicted: Unconflicted,
    conflicted: Conflicted,
    auth_difference: AbstractSet[str],
    known: KnownEvents,
) -> dict[StateKey, str]:
    """The events for all places that the unconflicted state does not fill."""
    full_conflicted_set = _events_of(conflicted) | auth_difference
    state = PartialState(unconflicted, known)
    return _resolve(full_conflicted_set, state, unconflicted, known)


def resolve_v2_1(
    unconflicted: Unconflicted,
    conflicted: Conflicted,
    auth_difference: AbstractSet[str],
    known: KnownEvents,
) -> dict[StateKey, str]:
    """As v2, but nothing is taken as settled, and what leads from conflict to conflict is judged.

    Where v2 judges old events by newer unconflicted state, a place could fall back to the past.
    """
    in_conflict = _events_of(conflicted)
    full_conflicted_set = conflicted_subgraph(in_conflict, known) | auth_difference
    state = PartialState({}, known)
    return _resolve(full_conflicted_set, state, unconflicted, known)


def _resolve(
    full_conflicted_set: set[str],
    state: PartialState,
    unconflicted: Unconflicted,
    known: KnownEvents,
) -> dict[StateKey, str]:
    # Steps 1 and 2: what might take somebody's power away, and what leads there.
    decisive = _power_events_and_behind(full_conflicted_set, known)
    apply_allowed(reverse_topological_power_order(decisive, known), state, known)
    # Steps 3 and 4: all others.
    rest = mainline_order(full_conflicted_set - decisive, state.get(POWER_LEVELS), known)
    apply_allowed(rest, state, known)
    # Step 5: the unconflicted state prevails.
    return {
        key: event.event_id for key, event in state.decided.items() if unconflicted.get(key) is None
    }


def _power_events_and_behind(full_conflicted_set: set[str], known: KnownEvents) -> set[str]:
    """Power events, and what they rest upon, as far as one disputed event leads to the next.

    By the letter of the specification, what lies behind undisputed events would count, too. Other
    servers do not look there, and rooms break apart where servers differ: decision 0016.
    """
    power_events = [event for event in map(known.get, full_conflicted_set) if is_power_event(event)]
    return auth_chain((event.event_id for event in power_events), known, within=full_conflicted_set)


def is_power_event(event: Event) -> bool:
    """Whether it might remove someone's ability to do something in the room."""
    if event.type == "m.room.member":
        return event.membership in ("leave", "ban") and event.sender != event.state_key
    return event.is_state and event.type in ("m.room.power_levels", "m.room.join_rules")


def _events_of(conflicted: Conflicted) -> set[str]:
    groups: Iterable[AbstractSet[str]] = conflicted.values()
    return set().union(*groups)
