"""What holds in every room, however its branches fork and merge."""

from collections.abc import Sequence
from contextlib import suppress
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from homeserver.events.event import Event
from homeserver.events.power_levels import PowerLevels
from homeserver.events.problems import AuthError
from homeserver.events.resolution import resolve_branches, separate
from homeserver.events.room_versions import ROOM_VERSIONS, RoomVersion
from tests.homeserver.events.room_of_branches import (
    MEMBER,
    POWER_LEVELS,
    RoomOfBranches,
    State,
    user,
)
from tests.homeserver.events.rooms_at_random import (
    RandomRoom,
    Step,
    at_random,
    newer_versions,
    play,
    steps,
    take,
    versions,
)

rooms = st.builds(play, versions, steps())
RISKY = ("topic", "levels", "leave", "join")


@at_random
@given(rooms, st.randoms(use_true_random=False))
def test_the_order_of_states_and_of_their_entries_does_not_matter(
    made: RandomRoom, random: Random
) -> None:
    states = made.branch_states()
    shuffled = [dict(random.sample(list(state.items()), len(state))) for state in states]
    random.shuffle(shuffled)

    assert made.room.resolves(shuffled) == made.room.resolves(states)


@at_random
@given(rooms)
def test_what_agrees_stays_as_it_is(made: RandomRoom) -> None:
    for state in made.branch_states():
        assert made.room.resolves([state]) == state
        assert made.room.resolves([state, state]) == state


@at_random
@given(rooms)
def test_the_room_keeps_its_create_event_and_invents_nothing(made: RandomRoom) -> None:
    states = made.branch_states()
    resolved = made.room.resolves(states)

    candidates = set().union(*(state.values() for state in states))
    assert resolved[("m.room.create", "")] == next(iter(made.room.events))
    assert set(resolved.values()) <= made_of(candidates, made.room)
    for key, event_id in resolved.items():
        assert made.room.events[event_id].state_pair == key


@at_random
@given(rooms)
def test_what_all_branches_agree_on_prevails(made: RandomRoom) -> None:
    states = made.branch_states()
    unconflicted, _ = separate(states)

    assert made.room.resolves(states).items() >= unconflicted.items()


@at_random
@given(rooms)
def test_the_conflicted_part_alone_gives_the_same_answer(made: RandomRoom) -> None:
    states = made.branch_states()
    unconflicted, branches = separate(states)

    changes = resolve_branches(made.room.version, unconflicted, branches, made.room)

    assert changes.keys().isdisjoint(unconflicted)
    assert unconflicted | changes == made.room.resolves(states)


@at_random
@given(rooms, st.randoms(use_true_random=False))
def test_servers_that_get_the_events_in_another_order_agree(
    made: RandomRoom, random: Random
) -> None:
    elsewhere = RoomOfBranches(made.room.version)
    for event in made.in_another_order(random):
        elsewhere.receives(event)

    assert elsewhere.state_after == made.room.state_after
    assert not elsewhere.rejections


@at_random
@given(st.builds(play, st.just(ROOM_VERSIONS["12"]), steps(actions=RISKY)))
def test_version_12_never_loses_its_power_levels(made: RandomRoom) -> None:
    assert (POWER_LEVELS, "") in made.room.resolves(made.branch_states())


@at_random
@given(newer_versions, steps(actors=["mallory"]))
def test_nobody_escapes_a_ban_through_a_branch(version: RoomVersion, tricks: list[Step]) -> None:
    room = RoomOfBranches(version)
    start = room.joins("mallory", after=room.begins({"mallory": 50}))
    ban = room.bans("mallory", by="alice", after=start)

    resolved = room.state_before([ban, *branch(room, start, tricks)])

    assert resolved[(MEMBER, user("mallory"))] == ban.event_id


@at_random
@given(newer_versions, steps(actors=["mallory"]))
def test_nobody_undoes_their_demotion_through_a_branch(
    version: RoomVersion, tricks: list[Step]
) -> None:
    room = RoomOfBranches(version)
    start = room.joins("mallory", after=room.begins({"mallory": 50}))
    demotion = room.sets_levels({"mallory": 0}, by="alice", after=start)

    resolved = room.state_before([demotion, *branch(room, start, tricks)])

    assert level_of("mallory", resolved, room) == 0


def branch(room: RoomOfBranches, start: Event, tricks: Sequence[Step]) -> list[Event]:
    """What comes of the tricks in a branch where only they happened: its newest events."""
    made = [start]
    for step in tricks:
        with suppress(AuthError):
            made.append(take(step, room, made))
    return made[-3:]


def level_of(name: str, state: State, room: RoomOfBranches) -> int | float:
    events = room.events_of(state)
    create = events[("m.room.create", "")]
    levels = PowerLevels.of(create, events[(POWER_LEVELS, "")], room.version)
    return levels.user(user(name))


def made_of(event_ids: set[str], room: RoomOfBranches) -> set[str]:
    """The events and their auth chains, counted the simplest way."""
    found = set(event_ids)
    size = 0
    while len(found) != size:
        size = len(found)
        found |= {auth for event_id in found for auth in room.events[event_id].auth_events}
    return found
