from typing import Any

import pytest

from tests.people import Person, Refused, Server

Talk = tuple[Server, Person, Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat", name="here")
    bob.joins(room)
    return server, alice, bob, room


def texts(info: dict[str, Any]) -> list[str]:
    chunk = info["messages"]["chunk"]
    return [e["content"]["body"] for e in chunk if e["type"] == "m.room.message"]


def names(info: dict[str, Any]) -> list[str]:
    return [e["content"]["name"] for e in info["state"] if e["type"] == "m.room.name"]


def test_a_room_is_shown_as_it_stands(talk: Talk) -> None:
    _, alice, bob, room = talk
    sent = [alice.sends(room, str(n)) for n in range(4)]

    info = bob.get(f"/v3/rooms/{room}/initialSync", limit=2)

    assert (info["membership"], names(info), texts(info)) == ("join", ["here"], ["2", "3"])
    query = {"dir": "b", "from": info["messages"]["start"], "limit": 1}
    (before,) = bob.get(f"/v3/rooms/{room}/messages", **query)["chunk"]
    assert before["event_id"] == sent[1]


def test_who_has_left_sees_a_room_as_it_was(talk: Talk) -> None:
    _, alice, bob, room = talk
    alice.sends(room, "before")
    bob.leaves(room)
    alice.sends(room, "after")

    info = bob.get(f"/v3/rooms/{room}/initialSync")

    assert (info["membership"], texts(info)) == ("leave", ["before"])


def test_anybody_looks_into_a_room_open_to_the_world(talk: Talk) -> None:
    server, alice, _, room = talk
    stranger = server.person("stranger")
    with pytest.raises(Refused) as refused:
        stranger.get(f"/v3/rooms/{room}/initialSync")
    assert refused.value.errcode == "M_FORBIDDEN"
    alice.sets(room, "m.room.history_visibility", {"history_visibility": "world_readable"})
    alice.sends(room, "hello, world")

    info = stranger.get(f"/v3/rooms/{room}/initialSync")

    assert "membership" not in info
    assert texts(info) == ["hello, world"]


def test_all_rooms_are_shown_at_once(talk: Talk) -> None:
    server, alice, bob, room = talk
    carol = server.person("carol")
    other = carol.creates_room()
    carol.invites(other, bob)
    gone = alice.creates_room(preset="public_chat")
    bob.joins(gone)
    bob.leaves(gone)

    answer = bob.get("/v3/initialSync")

    rooms = {info["room_id"]: info for info in answer["rooms"]}
    assert rooms.keys() == {room, other}
    assert rooms[other]["invite"]["sender"] == carol.user_id
    assert names(rooms[room]) == ["here"]
    assert "m.push_rules" in {data["type"] for data in answer["account_data"]}
    archived = bob.get("/v3/initialSync", archived=True)["rooms"]
    assert {info["room_id"] for info in archived} == {room, other, gone}
    assert bob.get("/v3/events", **{"from": answer["end"]})["chunk"] == []
