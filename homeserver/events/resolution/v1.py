"""State resolution of room version 1. Spec: Room Version 1, "State resolution"."""

from collections.abc import Iterable
from hashlib import sha1

from attrs import frozen

from homeserver.events.event import Event, StateKey
from homeserver.events.resolution.conflicts import Conflicted
from homeserver.events.resolution.partial_state import PartialState, is_allowed
from homeserver.events.resolution.sources import KnownEvents, Unconflicted

_DECIDE_WHO_MAY = ("m.room.power_levels", "m.room.join_rules", "m.room.member")


def resolve_v1(
    unconflicted: Unconflicted, conflicted: Conflicted, known: KnownEvents
) -> dict[StateKey, str]:
    """The events for the conflicted places. A place where no event passes stays empty."""
    state = PartialState(unconflicted, known)
    contested: dict[StateKey, list[Event]] = {}
    for key, event_ids in conflicted.items():
        events = _oldest_first(map(known.get, event_ids))
        if len(events) == 1:
            # Here a place that is filled on one side only is no conflict.
            state.put(events[0])
        else:
            contested[key] = events

    for type in _DECIDE_WHO_MAY:
        # Judged before any is put in place: the members' order among themselves must not matter.
        winners = [
            _last_of_the_allowed(events, state)
            for key, events in contested.items()
            if key[0] == type
        ]
        for winner in winners:
            state.put(winner)

    for key, events in contested.items():
        if key[0] not in _DECIDE_WHO_MAY and (newest := _newest_allowed(events, state)):
            state.put(newest)
    return {key: event.event_id for key, event in state.decided.items()}


def _oldest_first(events: Iterable[Event]) -> list[Event]:
    """By ascending depth, then descending sha1 of the event id."""
    by_hash = sorted(events, key=lambda event: sha1(event.event_id.encode()).digest(), reverse=True)
    return sorted(by_hash, key=lambda event: event.depth)


def _last_of_the_allowed(events: list[Event], state: PartialState) -> Event:
    """The first is taken as it is; each next one must be allowed by the one before."""
    chosen, *successors = events
    for event in successors:
        if not is_allowed(event, _Replacing(chosen, state)):
            break
        chosen = event
    return chosen


@frozen
class _Replacing:
    """The state with one event tried out in its place."""

    _chosen: Event
    _state: PartialState

    def get(self, key: StateKey, /) -> Event | None:
        return self._chosen if key == self._chosen.state_pair else self._state.get(key)


def _newest_allowed(events: list[Event], state: PartialState) -> Event | None:
    """Of the highest depth, then of the lowest sha1 of the event id."""
    for event in reversed(events):
        if is_allowed(event, state):
            return event
    return None
