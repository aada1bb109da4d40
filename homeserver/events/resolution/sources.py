"""Where a resolution takes its events from."""

from collections.abc import Iterable
from typing import Protocol

from homeserver.events.auth_selection import CREATE
from homeserver.events.event import Event, StateKey

MAX_EVENTS = 250_000
"""More than the auth chains of any honest room; past it a resolution would starve the server."""


class EventSource(Protocol):
    def event(self, event_id: str, /) -> Event | None: ...

    def rejected(self, event_id: str, /) -> bool: ...


class Unconflicted(Protocol):
    """The state that all branches share. A mapping will do, and so will a lazy view of one."""

    def get(self, key: StateKey, /) -> str | None: ...

    def values(self) -> Iterable[str]:
        """Only asked for when `get` alone cannot tell the auth difference."""


class UnresolvableState(Exception):
    """An event is missing, or the auth chains are longer than `MAX_EVENTS`."""


class KnownEvents:
    """The events of one resolution: each is asked for once."""

    def __init__(self, source: EventSource, limit: int = MAX_EVENTS) -> None:
        self._source = source
        self._limit = limit
        self._events: dict[str, Event] = {}

    def get(self, event_id: str) -> Event:
        event = self._events.get(event_id)
        if event is None:
            event = self._events[event_id] = self._fetch(event_id)
        return event

    def auth_event(self, event: Event, key: StateKey) -> Event | None:
        """The event that `event` itself names for a place in the state.

        The create event is found also where room version 12 leaves it to the room id.
        """
        for event_id in event.auth_events:
            auth_event = self.get(event_id)
            if auth_event.is_state and auth_event.state_pair == key:
                return auth_event
        if key == CREATE and event.version.room_id_is_create_hash:
            return self.get("$" + event.room_id[1:])
        return None

    def rejected(self, event: Event) -> bool:
        return self._source.rejected(event.event_id)

    def _fetch(self, event_id: str) -> Event:
        if len(self._events) >= self._limit:
            raise UnresolvableState(f"The auth chains hold more than {self._limit} events.")
        event = self._source.event(event_id)
        if event is None:
            raise UnresolvableState(f"The event {event_id} is missing.")
        return event
