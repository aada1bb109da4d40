"""What state a sync tells besides the timeline."""

import json
from typing import Any

import pytest

from tests.people import JsonObject, Person, Server, Sync

Talk = tuple[Person, Person, str]
SPELLINGS = {
    "use_state_after": "state_after",
    "org.matrix.msc4222.use_state_after": "org.matrix.msc4222.state_after",
}


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat", name="The room")
    bob.joins(room)
    bob.syncs()
    return alice, bob, room


def state(sync: Sync, room: str, key: str = "state") -> dict[tuple[str, str], JsonObject]:
    events = sync.room(room)[key]["events"]
    found = {(event["type"], event["state_key"]): event["content"] for event in events}
    assert len(found) == len(events), "something is told twice"
    return found


def current(person: Person, room: str) -> dict[tuple[str, str], JsonObject]:
    events: Any = person.get(f"/v3/rooms/{room}/state")
    return {(event["type"], event["state_key"]): event["content"] for event in events}


def chats(person: Person, room: str, number: int = 12) -> None:
    for n in range(number):
        person.sends(room, str(n))


def test_a_first_sync_tells_the_state_at_the_timelines_start(talk: Talk) -> None:
    alice, bob, room = talk
    chats(alice, room)
    alice.sets(room, "m.room.name", {"name": "Renamed"})

    sync = bob.syncs(since="")

    assert state(sync, room)["m.room.name", ""] == {"name": "The room"}
    assert sync.events(room)[-1]["content"] == {"name": "Renamed"}


def test_without_a_gap_the_timeline_is_enough(talk: Talk) -> None:
    alice, bob, room = talk
    alice.sets(room, "m.room.name", {"name": "Renamed"})

    assert state(bob.syncs(), room) == {}


def test_state_that_changed_within_a_gap_is_told(talk: Talk) -> None:
    alice, bob, room = talk
    alice.sets(room, "m.room.name", {"name": "One"})
    alice.sets(room, "m.room.name", {"name": "Two"})
    chats(alice, room)
    alice.sets(room, "m.room.name", {"name": "Three"})

    sync = bob.syncs()

    assert state(sync, room) == {("m.room.name", ""): {"name": "Two"}}


def test_state_events_that_the_timeline_leaves_out_are_told(talk: Talk) -> None:
    alice, bob, room = talk
    alice.sends(room, "one")
    alice.sets(room, "m.room.name", {"name": "Renamed"})
    alice.sends(room, "two")

    sync = bob.syncs(filter={"room": {"timeline": {"types": ["m.room.message"]}}})

    assert sync.texts(room) == ["one", "two"]
    assert state(sync, room) == {("m.room.name", ""): {"name": "Renamed"}}


def test_full_state_comes_with_what_is_new(talk: Talk) -> None:
    alice, bob, room = talk
    topic = alice.sets(room, "m.room.topic", {"topic": "new"})

    sync = bob.syncs(full_state=True)

    assert sync.timeline(room) == [topic]
    expected = current(bob, room)
    del expected["m.room.topic", ""]
    assert state(sync, room) == expected


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_state_after_the_timeline_is_told_if_asked_for(talk: Talk, spelling: str) -> None:
    alice, bob, room = talk
    key = SPELLINGS[spelling]
    first = bob.syncs(since="", **{spelling: True})
    assert state(first, room, key) == current(bob, room)

    alice.sends(room, "nothing to tell")
    assert state(bob.syncs(**{spelling: True}), room, key) == {}

    alice.sets(room, "m.room.name", {"name": "In the timeline"})
    sync = bob.syncs(**{spelling: True})
    assert state(sync, room, key) == {("m.room.name", ""): {"name": "In the timeline"}}
    assert "state" not in sync.room(room)

    alice.sets(room, "m.room.topic", {"topic": "Within the gap"})
    chats(alice, room)
    alice.sets(room, "m.room.name", {"name": "Behind the gap"})
    assert state(bob.syncs(**{spelling: True}), room, key) == {
        ("m.room.topic", ""): {"topic": "Within the gap"},
        ("m.room.name", ""): {"name": "Behind the gap"},
    }


def test_a_room_that_is_new_to_the_client_comes_with_all_its_state(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat", name="The room")
    chats(alice, room)
    bob.syncs()
    bob.joins(room)

    sync = bob.syncs()

    told = {**state(sync, room), ("m.room.member", bob.user_id): sync.events(room)[-1]["content"]}
    assert told == current(bob, room)


def test_who_comes_back_is_told_all_state_anew(talk: Talk) -> None:
    alice, bob, room = talk
    bob.leaves(room)
    bob.syncs()
    alice.sets(room, "m.room.name", {"name": "Renamed"})
    alice.sets(room, "m.room.topic", {"topic": "new"})
    bob.joins(room)

    sync = bob.syncs(use_state_after=True)

    assert state(sync, room, "state_after") == current(bob, room)


@pytest.mark.parametrize(
    ("wanted", "types"),
    [
        ({"types": ["m.room.name", "m.room.topic"]}, {"m.room.name"}),
        ({"types": []}, set()),
        ({"not_types": ["m.room.*"]}, set()),
        ({"senders": ["@bob:test"]}, {"m.room.member"}),
        ({"not_rooms": None}, set()),
    ],
)
def test_a_filter_says_which_state_is_wanted(
    talk: Talk, wanted: JsonObject, types: set[str]
) -> None:
    alice, bob, room = talk
    chats(alice, room)
    filter = {name: [room] if value is None else value for name, value in wanted.items()}

    sync = bob.syncs(since="", filter=json.dumps({"room": {"state": filter}}))

    assert {type for type, _ in state(sync, room)} == types


def test_ones_membership_at_the_time_is_told_of_state_too(talk: Talk) -> None:
    alice, bob, room = talk
    chats(alice, room)

    events = bob.syncs(since="").room(room)["state"]["events"]

    memberships = {(e["type"], e["state_key"]): e["unsigned"]["membership"] for e in events}
    assert memberships["m.room.name", ""] == "leave"
    assert memberships["m.room.member", bob.user_id] == "join"
    assert all("room_id" not in event for event in events)
