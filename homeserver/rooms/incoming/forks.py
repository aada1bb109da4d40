"""States of rooms that have forked, told apart and brought together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from homeserver.events.event import Event, StateKey
from homeserver.events.resolution import resolve_branches
from homeserver.events.room_versions import RoomVersion
from homeserver.rooms.current_state import pairs_of
from homeserver.rooms.state_view import position_in
from homeserver.rooms.timeline import RoomStateIds
from homeserver.storage import events, state_trees
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction

MAX_PREFETCH = 50_000
"""Events of auth chains that are read ahead; beyond them each is read when it is asked for."""

Choice = str | None


def state_after(stored: Stored) -> RoomStateIds:
    """Of an event whose state is known. What was rejected changes nothing."""
    return state_with(RoomStateIds(stored.state), stored.event, is_rejected=stored.is_rejected)


def state_with(before: RoomStateIds, event: Event, *, is_rejected: bool = False) -> RoomStateIds:
    if not event.is_state or is_rejected:
        return before
    return RoomStateIds(before.root, {**before.changes, event.state_pair: event.event_id})


def merged(
    txn: Transaction,
    version: RoomVersion,
    states: Sequence[RoomStateIds],
    newest: Mapping[str, Event],
) -> RoomStateIds:
    """The state that the states of several branches resolve to.

    `newest` are events that are not stored yet. Raises UnresolvableState.
    """
    first, *others = states
    if all(other == first for other in others):
        return first
    base = first.root
    choices = _choices(txn, base, states)
    conflicted = {key for key, of in choices.items() if len(set(of)) > 1}
    agreed = {key: of[0] for key, of in choices.items() if key not in conflicted}
    branches = [
        {key: chosen for key in conflicted if (chosen := choices[key][index]) is not None}
        for index in range(len(states))
    ]
    source = StoredEvents(txn, newest)
    source.read_ahead(event_id for branch in branches for event_id in branch.values())
    rest = _Unconflicted(txn, base, agreed, frozenset(conflicted))
    resolved = resolve_branches(version, rest, branches, source)
    changes = {**agreed, **{key: resolved.get(key) for key in conflicted}}
    return RoomStateIds(base, changes)


def _choices(
    txn: Transaction, base: bytes, states: Sequence[RoomStateIds]
) -> dict[StateKey, list[Choice]]:
    """What each state holds at every place where any of them differs from the base."""
    apart = [_differences(txn, base, state.root) for state in states]
    keys = {key for of_state in apart for key in of_state}
    keys |= {key for state in states for key in state.changes}
    choices: dict[StateKey, list[Choice]] = {}
    for key in keys:
        there = _event_id_at(txn, base, key)
        choices[key] = [
            state.changes.get(key, of_state.get(key, there))
            for state, of_state in zip(states, apart, strict=True)
        ]
    return choices


def _differences(txn: Transaction, base: bytes, root: bytes) -> dict[StateKey, Choice]:
    """What the other state holds where it is not what the base holds."""
    found = {key: after for key, _, after in state_trees.differences(txn, base, root)}
    pairs = pairs_of(txn, found)
    stored = events.at_all(txn, (position for position in found.values() if position is not None))
    return {
        pairs[key]: None if position is None else stored[position].event.event_id
        for key, position in found.items()
    }


def _event_id_at(txn: Transaction, root: bytes, key: StateKey) -> Choice:
    position = position_in(txn, root, key)
    return None if position is None else events.at(txn, position).event.event_id


@frozen(eq=False)
class _Unconflicted:
    """What the branches agree on."""

    _txn: Transaction
    _base: bytes
    _agreed: Mapping[StateKey, Choice]
    _conflicted: frozenset[StateKey]

    def get(self, key: StateKey, /) -> str | None:
        if key in self._conflicted:
            return None
        if key in self._agreed:
            return self._agreed[key]
        return _event_id_at(self._txn, self._base, key)

    def values(self) -> Iterator[str]:
        entries = dict(state_trees.items(self._txn, self._base))
        pairs = pairs_of(self._txn, entries)
        kept = [
            position
            for key, position in entries.items()
            if pairs[key] not in self._conflicted and pairs[key] not in self._agreed
        ]
        yield from events.ids_at(self._txn, kept)
        yield from (event_id for event_id in self._agreed.values() if event_id is not None)


class StoredEvents:
    """The events of a resolution, out of the database."""

    def __init__(self, txn: Transaction, newest: Mapping[str, Event]) -> None:
        self._txn = txn
        self._known: dict[str, Event] = dict(newest)
        self._rejected: set[str] = set()

    def event(self, event_id: str) -> Event | None:
        known = self._known.get(event_id)
        if known is None and (stored := events.find(self._txn, event_id)) is not None:
            known = self._note(stored)
        return known

    def rejected(self, event_id: str) -> bool:
        return event_id in self._rejected

    def read_ahead(self, event_ids: Iterable[str]) -> None:
        """Read whole auth chains, level by level: many events cost few statements."""
        waiting = set(event_ids)
        while waiting and len(self._known) < MAX_PREFETCH:
            for stored in events.find_all(self._txn, waiting - self._known.keys()).values():
                self._note(stored)
            behind = {
                auth_event_id
                for event_id in waiting
                if (event := self._known.get(event_id)) is not None
                for auth_event_id in event.auth_events
            }
            waiting = behind - self._known.keys()

    def _note(self, stored: Stored) -> Event:
        self._known[stored.event.event_id] = stored.event
        if stored.is_rejected:
            self._rejected.add(stored.event.event_id)
        return stored.event
