"""What an event does to its room."""

import json

import pytest

from tests.people import JsonObject, Person, Refused, Server

VERSIONS = [str(n) for n in range(1, 13)]


def found(person: Person, term: str) -> list[str]:
    results: list[JsonObject] = person.post("/v3/user_directory/search", {"search_term": term})[
        "results"
    ]
    return [result["user_id"] for result in results]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_room_of_any_version_lives(server: Server, version: str) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat", room_version=version)
    bob.joins(room)
    bob.syncs()

    sent = bob.sends(room, "hello")
    redaction = alice.redacts(room, sent)
    topic = alice.sets(room, "m.room.topic", {"topic": "new"})

    sync = bob.syncs()
    assert sync.timeline(room) == [sent, redaction, topic]
    assert sync.events(room)[0]["content"] == {}
    assert alice.state(room, "m.room.topic") == {"topic": "new"}


def test_events_follow_each_other(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    for n in range(3):
        alice.sends(room, str(n))

    exchange = alice.ask("GET", "/v3/sync", filter={"event_format": "federation"})
    _, _, body = exchange.raw()
    events = json.loads(body)["rooms"]["join"][room]["timeline"]["events"]

    depths = [event["depth"] for event in events]
    assert depths == list(range(depths[0], depths[0] + len(depths)))
    assert all(len(event["prev_events"]) == 1 for event in events[1:])


def test_only_who_may_can_redact(server: Server) -> None:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    room = alice.creates_room(preset="public_chat", room_version="11")
    for person in (bob, mallory):
        person.joins(room)
    sent = bob.sends(room, "hello")

    with pytest.raises(Refused) as refused:
        mallory.redacts(room, sent)
    assert refused.value.errcode == "M_FORBIDDEN"
    assert alice.get(f"/v3/rooms/{room}/event/{sent}")["content"]["body"] == "hello"

    bob.redacts(room, sent)
    assert alice.get(f"/v3/rooms/{room}/event/{sent}")["content"] == {}


def test_people_in_open_rooms_can_be_found_by_anybody(server: Server) -> None:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    room = alice.creates_room()
    assert found(mallory, "alice") == []

    alice.sets(room, "m.room.join_rules", {"join_rule": "public"})
    assert found(mallory, "alice") == [alice.user_id]
    alice.sets(room, "m.room.join_rules", {"join_rule": "invite"})
    assert found(mallory, "alice") == []
    alice.sets(room, "m.room.history_visibility", {"history_visibility": "world_readable"})
    assert found(mallory, "alice") == [alice.user_id]
    assert found(mallory, "bob") == []
    assert bob.user_id not in found(alice, "bob")
