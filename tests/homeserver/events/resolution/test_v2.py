"""Branches that go wrong, and what state resolution v2 and v2.1 make of them."""

from collections.abc import Mapping

import pytest

from homeserver.events.event import Event, StateKey
from homeserver.events.resolution.v2 import is_power_event
from homeserver.events.room_versions import ROOM_VERSIONS
from tests.homeserver.events.room_of_branches import (
    JOIN_RULES,
    MEMBER,
    POWER_LEVELS,
    RoomOfBranches,
    State,
    user,
)

TOPIC: StateKey = ("m.room.topic", "")


@pytest.fixture(params=["2", "6", "10", "11", "12"])
def room(request: pytest.FixtureRequest) -> RoomOfBranches:
    return RoomOfBranches(ROOM_VERSIONS[request.param])


@pytest.fixture
def v2() -> RoomOfBranches:
    return RoomOfBranches(ROOM_VERSIONS["11"])


@pytest.fixture
def v2_1() -> RoomOfBranches:
    return RoomOfBranches(ROOM_VERSIONS["12"])


def test_a_ban_takes_back_what_the_banned_did_in_another_branch(room: RoomOfBranches) -> None:
    start = room.joins("mallory", after=room.begins({"mallory": 50}))
    topic = room.sets_topic("harmless", by="alice", after=start)
    ban = room.bans("mallory", by="alice", after=topic)
    defaced = room.sets_topic("mallory was here", by="mallory", after=topic)

    merged = room.state_before([ban, defaced])

    assert merged[TOPIC] == topic.event_id
    assert merged[(MEMBER, user("mallory"))] == ban.event_id


def test_a_ban_leaves_messages_alone(room: RoomOfBranches) -> None:
    start = room.joins("mallory", after=room.begins())
    ban = room.bans("mallory", by="alice", after=start)
    message = room.sends("mallory", "m.room.message", {"body": "hi"}, None, after=[start])

    assert room.state_before([ban, message]) == room.state_after[ban.event_id]


def test_of_two_topics_the_later_stays(room: RoomOfBranches) -> None:
    start = room.joins("bob", after=room.begins({"bob": 50}))
    early = room.sends("alice", "m.room.topic", {"topic": "1"}, after=[start])
    late = room.sends("bob", "m.room.topic", {"topic": "2"}, after=[start], later_ms=1)

    assert room.state_before([early, late])[TOPIC] == late.event_id


def test_when_two_demote_the_more_powerful_prevails(room: RoomOfBranches) -> None:
    levels = {"bob": 50, "carol": 25}
    start = room.joins("bob", after=room.begins(levels))
    by_alice = room.sets_levels({"bob": 0, "carol": 25}, by="alice", after=start)
    by_bob = room.sets_levels({"bob": 50, "carol": 0}, by="bob", after=start)

    merged = room.state_before([by_bob, by_alice])

    assert merged[(POWER_LEVELS, "")] == by_alice.event_id


def test_of_two_join_rules_set_by_equals_the_later_stays(room: RoomOfBranches) -> None:
    start = room.begins({"bob": 50, "carol": 50})
    start = room.joins("carol", after=room.joins("bob", after=start))
    by_bob = room.sets_join_rule("invite", by="bob", after=start)
    by_carol = room.sends("carol", JOIN_RULES, {"join_rule": "knock"}, after=[start], later_ms=1)

    merged = room.state_before([by_carol, by_bob])

    assert merged[(JOIN_RULES, "")] == by_carol.event_id


def test_who_slips_in_while_the_door_closes_is_out(room: RoomOfBranches) -> None:
    start = room.begins()
    closed = room.sets_join_rule("invite", by="alice", after=start)
    slipped_in = room.joins("mallory", after=start)

    merged = room.state_before([slipped_in, closed])

    assert merged[(JOIN_RULES, "")] == closed.event_id
    assert (MEMBER, user("mallory")) not in merged


def test_who_was_in_before_the_door_closed_stays(room: RoomOfBranches) -> None:
    start = room.joins("bob", after=room.begins())
    closed = room.sets_join_rule("invite", by="alice", after=start)
    renamed = room.joins("bob", after=start)

    assert room.state_before([closed, renamed])[(MEMBER, user("bob"))] == renamed.event_id


def test_a_rejected_auth_event_authorises_nobody(room: RoomOfBranches) -> None:
    joined = room.joins("bob", after=room.begins({"bob": 50}))
    topics = [room.sets_topic(text, by="bob", after=joined) for text in ("one", "two")]
    states = [without(room.state_after[topic.event_id], (MEMBER, user("bob"))) for topic in topics]
    assert TOPIC in room.resolves(states)

    room.rejections.add(joined.event_id)

    assert TOPIC not in room.resolves(states)


# What version 12 repairs: the same story, told in rooms of both kinds.


def test_v2_throws_out_who_joined_before_the_door_closed_when_one_branch_missed_it(
    v2: RoomOfBranches,
) -> None:
    _, states = a_branch_that_missed_a_join(v2)

    # bob's join is judged by the join rule of today, which all agree on.
    assert (MEMBER, user("bob")) not in v2.resolves(states)


def test_v2_1_starts_from_nothing_so_an_old_join_is_judged_by_the_rules_of_its_time(
    v2_1: RoomOfBranches,
) -> None:
    joined, states = a_branch_that_missed_a_join(v2_1)

    assert v2_1.resolves(states)[(MEMBER, user("bob"))] == joined.event_id


def test_v2_loses_all_power_levels_when_who_set_them_has_left(v2: RoomOfBranches) -> None:
    _, states = rival_levels_of_one_who_left(v2)

    assert (POWER_LEVELS, "") not in v2.resolves(states)


def test_v2_1_keeps_the_power_levels_of_one_who_left(v2_1: RoomOfBranches) -> None:
    newer, states = rival_levels_of_one_who_left(v2_1)

    assert v2_1.resolves(states)[(POWER_LEVELS, "")] == newer.event_id


def test_v2_falls_back_to_old_power_levels_when_the_step_between_is_not_in_conflict(
    v2: RoomOfBranches,
) -> None:
    levels, states = levels_that_skip_a_step(v2)

    assert v2.resolves(states)[(POWER_LEVELS, "")] == levels[0].event_id


def test_v2_1_judges_what_leads_from_conflict_to_conflict_so_the_newest_levels_stay(
    v2_1: RoomOfBranches,
) -> None:
    levels, states = levels_that_skip_a_step(v2_1)

    assert v2_1.resolves(states)[(POWER_LEVELS, "")] == levels[-1].event_id


def test_power_events_are_those_that_may_take_power_away() -> None:
    room = RoomOfBranches(ROOM_VERSIONS["10"])
    rules = room.begins()
    joined = room.joins("bob", after=rules)
    kicked = room.sets_membership("bob", "leave", by="alice", after=joined)
    left = room.sets_membership("bob", "leave", by="bob", after=joined)
    banned = room.bans("bob", by="alice", after=kicked)
    topic = room.sets_topic("hello", by="alice", after=rules)
    said = room.sends("alice", POWER_LEVELS, {}, None, after=[rules])

    assert all(map(is_power_event, (rules, kicked, banned)))
    assert not any(map(is_power_event, (joined, left, topic, said)))


def a_branch_that_missed_a_join(room: RoomOfBranches) -> tuple[Event, list[State]]:
    """bob joins while the room is public, then it closes; one state lacks bob.

    carol joined under the same rule, which is why the rule itself is in no difference.
    """
    joined = room.joins("bob", after=room.joins("carol", after=room.begins()))
    closed = room.sets_join_rule("invite", by="alice", after=joined)
    state = room.state_after[closed.event_id]
    return joined, [state, without(state, (MEMBER, user("bob")))]


def rival_levels_of_one_who_left(room: RoomOfBranches) -> tuple[Event, list[State]]:
    """alice changes the power levels and leaves; one state has the levels of before."""
    start = room.begins()
    newer = room.sets_levels({"bob": 50}, by="alice", after=start)
    left = room.sets_membership("alice", "leave", by="alice", after=newer)
    state = room.state_after[left.event_id]
    older = room.state_after[start.event_id][(POWER_LEVELS, "")]
    return newer, [state, {**state, (POWER_LEVELS, ""): older}]


def levels_that_skip_a_step(room: RoomOfBranches) -> tuple[list[Event], list[State]]:
    """alice empowers bob, who empowers carol; one state has fallen back to before all that.

    A topic that both states hold rests on the step between, so the step is in no difference.
    """
    start = room.joins("bob", after=room.begins())
    first = room.events_of(room.state_after[start.event_id])[(POWER_LEVELS, "")]
    second = room.sets_levels({"bob": 50}, by="alice", after=start)
    topic = room.sets_topic("all hold this", by="alice", after=second)
    third = room.sets_levels({"bob": 50, "carol": 25}, by="bob", after=topic)
    state = room.state_after[third.event_id]
    return [first, second, third], [state, {**state, (POWER_LEVELS, ""): first.event_id}]


def without(state: Mapping[StateKey, str], key: StateKey) -> State:
    return {kept: event_id for kept, event_id in state.items() if kept != key}


def through_an_undisputed_event(room: RoomOfBranches) -> tuple[State, Event, Event]:
    """bob's kick rests on dave's second profile, and so on the first, which is in dispute."""
    start = room.joins("bob", after=room.begins({"dave": 50}))
    first = room.joins("dave", after=start)
    second = room.joins("dave", after=first)
    third = room.sends(
        "dave", MEMBER, {"membership": "join"}, user("dave"), after=[second], later_ms=-60_000
    )
    kick = room.sets_membership("bob", "leave", by="dave", after=second)
    kicked = {**room.state_after[kick.event_id], (MEMBER, user("dave")): first.event_id}
    return room.resolves([kicked, room.state_after[third.event_id]]), first, third


@pytest.mark.parametrize("version", ["2", "6", "10", "11"])
def test_behind_undisputed_events_nothing_is_decisive(version: str) -> None:
    merged, first, third = through_an_undisputed_event(RoomOfBranches(ROOM_VERSIONS[version]))

    assert first.origin_server_ts > third.origin_server_ts
    assert merged[(MEMBER, user("dave"))] == first.event_id


def test_version_12_disputes_all_that_lies_between(v2_1: RoomOfBranches) -> None:
    merged, _, third = through_an_undisputed_event(v2_1)

    assert merged[(MEMBER, user("dave"))] == third.event_id
