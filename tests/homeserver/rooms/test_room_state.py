from typing import Any

import pytest

from tests.people import Person, Refused, Server

Talk = tuple[Server, Person, Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat", name="first")
    bob.joins(room)
    return server, alice, bob, room


def names(person: Person, room: str) -> list[str]:
    state: Any = person.get(f"/v3/rooms/{room}/state")
    return [e["content"]["name"] for e in state if e["type"] == "m.room.name"]


def refused(person: Person, path: str) -> tuple[int, str | None]:
    with pytest.raises(Refused) as found:
        person.get(path)
    return found.value.status, found.value.errcode


def test_members_see_the_current_state(talk: Talk) -> None:
    _, alice, bob, room = talk
    alice.sets(room, "m.room.name", {"name": "second"})

    assert names(bob, room) == ["second"]
    assert bob.state(room, "m.room.name") == {"name": "second"}


def test_one_event_of_the_state_may_be_had_whole(talk: Talk) -> None:
    _, alice, bob, room = talk
    event_id = alice.sets(room, "org.example", {"a": 1}, "key")

    event = bob.get(f"/v3/rooms/{room}/state/org.example/key", format="event")

    assert event["event_id"] == event_id
    assert (event["content"], event["state_key"]) == ({"a": 1}, "key")
    assert event["room_id"] == room


def test_an_empty_state_key_may_be_left_out(talk: Talk) -> None:
    _, _, bob, room = talk

    for end in ("", "/"):
        assert bob.get(f"/v3/rooms/{room}/state/m.room.name{end}") == {"name": "first"}


def test_who_has_left_sees_the_state_of_that_time(talk: Talk) -> None:
    _, alice, bob, room = talk
    bob.leaves(room)
    alice.sets(room, "m.room.name", {"name": "second"})
    alice.sets(room, "m.room.topic", {"topic": "new"})

    assert names(bob, room) == ["first"]
    assert bob.state(room, "m.room.name") == {"name": "first"}
    assert refused(bob, f"/v3/rooms/{room}/state/m.room.topic") == (404, "M_NOT_FOUND")


def test_state_that_is_not_there_is_not_found(talk: Talk) -> None:
    _, _, bob, room = talk

    assert refused(bob, f"/v3/rooms/{room}/state/org.none/x") == (404, "M_NOT_FOUND")


def test_strangers_see_the_state_only_of_rooms_open_to_the_world(talk: Talk) -> None:
    server, alice, _, room = talk
    stranger = server.person("stranger")
    for path in ("state", "state/m.room.name", "members"):
        assert refused(stranger, f"/v3/rooms/{room}/{path}") == (403, "M_FORBIDDEN")

    alice.sets(room, "m.room.history_visibility", {"history_visibility": "world_readable"})

    assert names(stranger, room) == ["first"]
    assert stranger.state(room, "m.room.name") == {"name": "first"}


def test_redacted_state_is_empty(talk: Talk) -> None:
    _, alice, bob, room = talk
    event_id = alice.sets(room, "m.room.topic", {"topic": "oops"})
    alice.redacts(room, event_id)

    assert bob.state(room, "m.room.topic") == {}


def test_an_unknown_format_is_refused(talk: Talk) -> None:
    _, _, bob, room = talk

    path = f"/v3/rooms/{room}/state/m.room.name?format=xml"
    assert refused(bob, path) == (400, "M_INVALID_PARAM")
