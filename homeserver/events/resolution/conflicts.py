"""Which places of the state the branches of a room agree on, and which they do not."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from homeserver.events.event import StateKey

State = Mapping[StateKey, str]
Conflicted = Mapping[StateKey, AbstractSet[str]]


def separate(state_sets: Sequence[State]) -> tuple[dict[StateKey, str], list[State]]:
    """The unconflicted state map, and of each state set what remains without it.

    A place that is empty in one of the sets is conflicted.
    """
    if not state_sets:
        return {}, []
    first, *others = state_sets
    unconflicted = {
        key: event_id
        for key, event_id in first.items()
        if all(other.get(key) == event_id for other in others)
    }
    branches: list[State] = [
        {key: event_id for key, event_id in state.items() if key not in unconflicted}
        for state in state_sets
    ]
    return unconflicted, branches


def candidates(branches: Sequence[State]) -> dict[StateKey, set[str]]:
    """The conflicted state set, by place."""
    found: dict[StateKey, set[str]] = {}
    for branch in branches:
        for key, event_id in branch.items():
            found.setdefault(key, set()).add(event_id)
    return found
