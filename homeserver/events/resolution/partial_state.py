"""The state of a room while it is being resolved."""

from collections.abc import Iterable
from typing import Protocol

from attrs import frozen

from homeserver.events.auth_rules import authorize
from homeserver.events.event import Event, StateKey
from homeserver.events.membership import RoomState
from homeserver.events.problems import AuthError
from homeserver.events.resolution.sources import KnownEvents


class _Settled(Protocol):
    def get(self, key: StateKey, /) -> str | None: ...


class PartialState:
    """What is decided so far, laid over what was settled from the start."""

    def __init__(self, settled: _Settled, known: KnownEvents) -> None:
        self._settled = settled
        self._known = known
        self.decided: dict[StateKey, Event] = {}

    def get(self, key: StateKey) -> Event | None:
        if event := self.decided.get(key):
            return event
        event_id = self._settled.get(key)
        return None if event_id is None else self._known.get(event_id)

    def put(self, event: Event) -> None:
        self.decided[event.state_pair] = event


def apply_allowed(events: Iterable[Event], state: PartialState, known: KnownEvents) -> None:
    """The iterative auth checks algorithm of room version 2. Events that fail are passed over."""
    for event in events:
        if event.is_state and is_allowed(event, _Backed(state, event, known)):
            state.put(event)


def is_allowed(event: Event, state: RoomState) -> bool:
    try:
        authorize(event, state)
    except AuthError:
        return False
    return True


@frozen
class _Backed:
    """What the state lacks is taken from the event's own auth events, unless they were rejected."""

    _state: PartialState
    _event: Event
    _known: KnownEvents

    def get(self, key: StateKey, /) -> Event | None:
        if found := self._state.get(key):
            return found
        auth_event = self._known.auth_event(self._event, key)
        if auth_event is None or self._known.rejected(auth_event):
            return None
        return auth_event
