"""The walks along auth events, against the definitions taken word by word."""

from hypothesis import given
from hypothesis import strategies as st

from homeserver.events.resolution.auth_chains import (
    auth_chain,
    auth_difference,
    conflicted_subgraph,
)
from homeserver.events.resolution.conflicts import separate
from homeserver.events.resolution.sources import KnownEvents
from homeserver.events.room_versions import ROOM_VERSIONS
from tests.homeserver.events.room_of_branches import MEMBER, RoomOfBranches, State, user
from tests.homeserver.events.rooms_at_random import RandomRoom, at_random, play, steps, versions

rooms = st.builds(play, versions, steps())


@at_random
@given(rooms)
def test_the_auth_difference_is_what_some_chains_lack(made: RandomRoom) -> None:
    states = made.branch_states()
    unconflicted, branches = separate(states)
    conflicted = {event_id for branch in branches for event_id in branch.values()}
    chains = [chain_of(state, made.room) for state in states]
    in_all = chains[0].intersection(*chains)
    in_some = chains[0].union(*chains)
    expected = in_some - in_all - conflicted

    assert auth_difference(branches, unconflicted, KnownEvents(made.room)) == expected


@at_random
@given(rooms)
def test_the_subgraph_holds_all_that_lies_between_two_conflicts(made: RandomRoom) -> None:
    known = KnownEvents(made.room)
    _, branches = separate(made.branch_states())
    conflicted = {event_id for branch in branches for event_id in branch.values()}
    expected = {
        event_id
        for event_id in auth_chain(conflicted, known)
        if auth_chain([event_id], known) & conflicted
    }

    assert conflicted_subgraph(conflicted, known) == expected


def test_what_only_an_unconflicted_event_shows_to_be_shared_is_no_difference() -> None:
    room = RoomOfBranches(ROOM_VERSIONS["6"])
    start = room.joins("bob", after=room.begins())
    open_to_all = room.state_after[start.event_id][("m.room.join_rules", "")]
    joined = room.joins("carol", after=start)
    closed = room.sets_join_rule("invite", by="alice", after=joined)
    shared = room.state_after[closed.event_id]
    without_bob = {key: id for key, id in shared.items() if key != (MEMBER, user("bob"))}
    unconflicted, branches = separate([shared, without_bob])

    # Only bob's join leads the first state's conflicts to the old join rule ...
    assert open_to_all in room.events[shared[(MEMBER, user("bob"))]].auth_events
    # ... but carol's, on which both agree, leads there too.
    assert auth_difference(branches, unconflicted, KnownEvents(room)) == set()


def test_depths_that_lie_change_nothing() -> None:
    honest = RoomOfBranches(ROOM_VERSIONS["10"])
    start = honest.joins("bob", after=honest.begins({"bob": 50}))
    left = honest.bans("carol", by="bob", after=start)
    right = honest.sets_topic("hello", by="alice", after=start)
    states = [honest.state_after[event.event_id] for event in (left, right)]
    expected = honest.resolves(states)

    for depth, event in enumerate(reversed(honest.events.values())):
        event.depth = depth

    assert honest.resolves(states) == expected


def chain_of(state: State, room: RoomOfBranches) -> set[str]:
    return auth_chain(state.values(), KnownEvents(room))
