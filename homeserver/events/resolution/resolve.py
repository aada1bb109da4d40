"""One state out of the states of several branches."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from homeserver.events.event import StateKey
from homeserver.events.resolution.auth_chains import auth_difference
from homeserver.events.resolution.conflicts import Conflicted, State, candidates, separate
from homeserver.events.resolution.sources import EventSource, KnownEvents, Unconflicted
from homeserver.events.resolution.v1 import resolve_v1
from homeserver.events.resolution.v2 import resolve_v2, resolve_v2_1
from homeserver.events.room_versions import RoomVersion


def resolve(
    version: RoomVersion, state_sets: Sequence[State], events: EventSource
) -> dict[StateKey, str]:
    """The whole resolved state of whole states."""
    unconflicted, branches = separate(state_sets)
    return unconflicted | resolve_branches(version, unconflicted, branches, events)


def resolve_branches(
    version: RoomVersion,
    unconflicted: Unconflicted,
    branches: Sequence[State],
    events: EventSource,
) -> dict[StateKey, str]:
    """What to add to the unconflicted state, given of each state set only what is conflicted.

    It costs what the branches hold and the length of their auth chains. Only where those leave
    open whether the unconflicted state rests on an event, too, is that whole state walked.
    """
    conflicted = candidates(branches)
    if not conflicted:
        return {}
    known = KnownEvents(events)
    difference: set[str] = set()
    if version.state_resolution != "v1":
        difference = auth_difference(branches, unconflicted, known)
    return _resolve(version, unconflicted, conflicted, difference, known)


def resolve_conflicted(
    version: RoomVersion,
    unconflicted: Unconflicted,
    conflicted: Conflicted,
    auth_difference: AbstractSet[str],
    events: EventSource,
) -> dict[StateKey, str]:
    """As `resolve_branches`, for who knows the auth difference already, from an index perhaps.

    Version 1 has no use for the difference.
    """
    if not conflicted:
        return {}
    return _resolve(version, unconflicted, conflicted, auth_difference, KnownEvents(events))


def _resolve(
    version: RoomVersion,
    unconflicted: Unconflicted,
    conflicted: Conflicted,
    difference: AbstractSet[str],
    known: KnownEvents,
) -> dict[StateKey, str]:
    if version.state_resolution == "v1":
        return resolve_v1(unconflicted, conflicted, known)
    if version.state_resolution == "v2":
        return resolve_v2(unconflicted, conflicted, difference, known)
    return resolve_v2_1(unconflicted, conflicted, difference, known)
