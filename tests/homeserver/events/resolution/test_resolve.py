"""The ways into state resolution, and their limits."""

import pytest

from homeserver.events.event import Event
from homeserver.events.resolution import (
    UnresolvableState,
    resolve,
    resolve_branches,
    resolve_conflicted,
    separate,
)
from homeserver.events.resolution.conflicts import candidates
from homeserver.events.resolution.sources import KnownEvents
from homeserver.events.room_versions import ROOM_VERSIONS, RoomVersion
from tests.homeserver.events.room_of_branches import MEMBER, RoomOfBranches, State, user

FORKED = 20
MEMBERS = 10_000


@pytest.fixture(params=["1", "2", "12"])
def version(request: pytest.FixtureRequest) -> RoomVersion:
    return ROOM_VERSIONS[request.param]


class CountingSource:
    def __init__(self, room: RoomOfBranches) -> None:
        self._room = room
        self.asked = 0

    def event(self, event_id: str, /) -> Event | None:
        self.asked += 1
        return self._room.event(event_id)

    def rejected(self, event_id: str, /) -> bool:
        return self._room.rejected(event_id)


class OnlyGet:
    """An unconflicted state that cannot be listed."""

    def __init__(self, state: State) -> None:
        self.get = state.get

    def values(self) -> list[str]:
        raise AssertionError("The whole state was asked for.")


def test_no_states_resolve_to_nothing(version: RoomVersion) -> None:
    assert resolve(version, [], RoomOfBranches(version)) == {}


def test_a_missing_event_stops_the_resolution(version: RoomVersion) -> None:
    states = [{(MEMBER, user("bob")): "$one"}, {(MEMBER, user("bob")): "$two"}]

    with pytest.raises(UnresolvableState):
        resolve(version, states, RoomOfBranches(version))


def test_endless_auth_chains_stop_the_resolution() -> None:
    room = RoomOfBranches(ROOM_VERSIONS["12"])
    room.begins()
    known = KnownEvents(room, limit=3)

    with pytest.raises(UnresolvableState):
        for event_id in room.events:
            known.get(event_id)


def test_a_fork_of_a_big_room_costs_what_differs(version: RoomVersion) -> None:
    room, unconflicted, branches = big_room_forked(version)
    source = CountingSource(room)

    changes = resolve_branches(version, OnlyGet(unconflicted), branches, source)

    assert len(changes) == FORKED
    assert source.asked < 4 * FORKED


def test_who_knows_the_auth_difference_may_hand_it_in(version: RoomVersion) -> None:
    room, unconflicted, branches = big_room_forked(version, members=50)
    conflicted = candidates(branches)

    changes = resolve_conflicted(version, OnlyGet(unconflicted), conflicted, set(), room)

    assert changes == resolve_branches(version, unconflicted, branches, room)


def big_room_forked(
    version: RoomVersion, members: int = MEMBERS
) -> tuple[RoomOfBranches, State, list[State]]:
    """Twenty members change their name in one branch; alice sets a topic in the other."""
    room = RoomOfBranches(version)
    start = room.begins()
    for number in range(FORKED):
        start = room.joins(f"user{number}", after=start)
    right = room.sets_topic("elsewhere", by="alice", after=start)
    left = start
    for number in range(FORKED - 1):
        left = room.joins(f"user{number}", after=left)
    # The joins of the others are only named: nobody has reason to look at them.
    others = {(MEMBER, user(f"user{n}")): f"$join{n}" for n in range(FORKED, members)}
    states = [room.state_after[event.event_id] | others for event in (left, right)]
    unconflicted, branches = separate(states)
    return room, unconflicted, list(map(dict, branches))
