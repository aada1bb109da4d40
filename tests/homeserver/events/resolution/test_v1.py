"""State resolution of room version 1: depth decides, and sha1 where depths are equal."""

from hashlib import sha1

import pytest

from homeserver.events.event import Event
from homeserver.events.room_versions import ROOM_VERSIONS
from tests.homeserver.events.room_of_branches import (
    MEMBER,
    POWER_LEVELS,
    RoomOfBranches,
    user,
)

TOPIC = ("m.room.topic", "")


@pytest.fixture
def room() -> RoomOfBranches:
    return RoomOfBranches(ROOM_VERSIONS["1"])


def hash_of(event: Event) -> bytes:
    return sha1(event.event_id.encode()).digest()


def test_the_deeper_topic_stays(room: RoomOfBranches) -> None:
    start = room.begins()
    shallow = room.sets_topic("shallow", by="alice", after=start)
    message = room.sends("alice", "m.room.message", {}, None, after=[start])
    deep = room.sets_topic("deep", by="alice", after=message)

    assert room.state_before([deep, shallow])[TOPIC] == deep.event_id


def test_of_topics_equally_deep_the_one_of_the_lowest_hash_stays(room: RoomOfBranches) -> None:
    start = room.begins()
    topics = [room.sets_topic(f"{n}", by="alice", after=start) for n in range(5)]

    merged = room.state_before(topics)

    assert merged[TOPIC] == min(topics, key=hash_of).event_id


def test_a_topic_its_sender_may_not_set_any_more_yields_to_a_shallower_one(
    room: RoomOfBranches,
) -> None:
    start = room.joins("mallory", after=room.begins({"mallory": 50}))
    topic = room.sets_topic("harmless", by="alice", after=start)
    ban = room.bans("mallory", by="alice", after=topic)
    defaced = room.sets_topic("mallory was here", by="mallory", after=topic)

    assert room.state_before([ban, defaced])[TOPIC] == topic.event_id


def test_what_only_one_branch_has_is_no_conflict(room: RoomOfBranches) -> None:
    start = room.begins()
    slipped_in = room.joins("mallory", after=start)
    closed = room.sets_join_rule("invite", by="alice", after=start)

    merged = room.state_before([slipped_in, closed])

    assert merged[(MEMBER, user("mallory"))] == slipped_in.event_id


def test_power_levels_advance_as_far_as_each_allows_the_next(room: RoomOfBranches) -> None:
    start = room.joins("bob", after=room.begins({"bob": 50}))
    older = room.events_of(room.state_after[start.event_id])[(POWER_LEVELS, "")]
    demoted = room.sets_levels({"bob": 0}, by="alice", after=start)
    message = room.sends("bob", "m.room.message", {}, None, after=[start])
    revolt = room.sets_levels({"bob": 50, "carol": 50}, by="bob", after=message)

    merged = room.state_before([start, demoted, revolt])

    assert older.depth < demoted.depth < revolt.depth
    assert merged[(POWER_LEVELS, "")] == demoted.event_id


def test_where_no_candidate_is_allowed_the_place_stays_empty(room: RoomOfBranches) -> None:
    start = room.joins("mallory", after=room.begins({"mallory": 50}))
    ban = room.bans("mallory", by="alice", after=start)
    topics = [room.sets_topic(text, by="mallory", after=start) for text in ("one", "two")]
    banned = room.state_after[ban.event_id]
    states = [{**banned, TOPIC: topic.event_id} for topic in topics]

    assert TOPIC not in room.resolves(states)
