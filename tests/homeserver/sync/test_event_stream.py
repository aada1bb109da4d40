from typing import Any

import pytest

from tests.people import Person, Refused, Server

Talk = tuple[Server, Person, Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    return server, alice, bob, room


def follows(person: Person, start: str = "", **query: Any) -> dict[str, Any]:
    if start:
        query["from"] = start
    return person.get("/v3/events", **query)


def ids(answer: dict[str, Any]) -> list[str]:
    return [event["event_id"] for event in answer["chunk"]]


def test_events_come_when_they_happen(talk: Talk) -> None:
    _, alice, bob, room = talk
    start = follows(bob)["end"]
    waiting = bob.ask("GET", "/v3/events", timeout=30_000, **{"from": start})
    assert not waiting.is_answered

    said = alice.sends(room, "hello")

    answer = waiting.json()
    assert ids(answer) == [said]
    assert ids(follows(bob, answer["end"])) == []


def test_events_of_several_rooms_come_in_order(talk: Talk) -> None:
    _, alice, bob, room = talk
    other = alice.creates_room(preset="public_chat")
    bob.joins(other)
    start = follows(bob)["end"]
    sent = [alice.sends(room if n % 3 else other, str(n)) for n in range(150)]

    found: list[str] = []
    while page := ids(answer := follows(bob, start)):
        found += page
        start = answer["end"]

    assert found == sent


def test_nothing_comes_when_the_time_is_over(talk: Talk) -> None:
    server, _, bob, _ = talk
    start = follows(bob)["end"]
    waiting = bob.ask("GET", "/v3/events", timeout=3000, **{"from": start})

    server.clock.advance(3.1)

    assert waiting.json() == {"start": start, "end": waiting.json()["end"], "chunk": []}


def test_a_room_open_to_the_world_is_followed_from_outside(talk: Talk) -> None:
    server, alice, _, room = talk
    stranger = server.person("stranger")
    with pytest.raises(Refused) as refused:
        follows(stranger, room_id=room)
    assert refused.value.errcode == "M_FORBIDDEN"
    alice.sets(room, "m.room.history_visibility", {"history_visibility": "world_readable"})
    start = follows(stranger, room_id=room)["end"]
    query = {"from": start, "room_id": room, "timeout": 30_000}
    waiting = stranger.ask("GET", "/v3/events", **query)

    said = alice.sends(room, "hello, world")
    server.clock.advance(5.1)

    assert ids(waiting.json()) == [said]


@pytest.mark.parametrize("room", ["", "!nowhere"])
def test_what_is_no_room_cannot_be_followed(talk: Talk, room: str) -> None:
    _, _, bob, _ = talk

    with pytest.raises(Refused) as refused:
        follows(bob, room_id=room)

    assert refused.value.errcode == "M_FORBIDDEN"


def test_a_wrong_token_is_refused(talk: Talk) -> None:
    _, _, bob, _ = talk

    with pytest.raises(Refused) as refused:
        follows(bob, "yesterday")

    assert (refused.value.status, refused.value.errcode) == (400, "M_INVALID_PARAM")
