"""Asking to be let in."""

from typing import Any

from tests.homeserver.rooms.test_joining import refusal, restricted_to
from tests.people import Server

KNOCK: list[dict[str, Any]] = [{"type": "m.room.join_rules", "content": {"join_rule": "knock"}}]


def test_a_knock_is_answered_with_an_invite(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(initial_state=KNOCK, room_alias_name="door")

    assert bob.post("/v3/knock/%23door:test", {"reason": "Please"}) == {"room_id": room}
    knock = alice.state(room, "m.room.member", bob.user_id)
    assert knock == {"membership": "knock", "displayname": "bob", "reason": "Please"}
    alice.invites(room, bob)
    bob.joins(room)


def test_a_second_knock_changes_nothing(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(initial_state=KNOCK)
    bob.post(f"/v3/knock/{room}")
    alice.syncs()
    bob.post(f"/v3/knock/{room}")
    assert alice.syncs().events(room) == []


def test_a_knock_can_be_taken_back(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(initial_state=KNOCK)
    bob.post(f"/v3/knock/{room}")
    bob.leaves(room)
    assert alice.state(room, "m.room.member", bob.user_id)["membership"] == "leave"


def test_a_knock_can_be_turned_down(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(initial_state=KNOCK)
    bob.post(f"/v3/knock/{room}")
    alice.post(f"/v3/rooms/{room}/kick", {"user_id": bob.user_id})
    assert refusal(bob, "POST", f"/v3/join/{room}") == (403, "M_FORBIDDEN")


def test_a_restricted_room_may_take_knocks(server: Server) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    hall = alice.creates_room(preset="public_chat")
    room = alice.creates_room(initial_state=restricted_to(hall, rule="knock_restricted"))
    bob.joins(hall)

    bob.joins(room)
    carol.post(f"/v3/knock/{room}")


def test_not_every_room_takes_knocks(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    private = alice.creates_room()
    old = alice.creates_room(room_version="6", initial_state=KNOCK)
    mine = bob.creates_room(initial_state=KNOCK)
    for room in (private, old, mine):
        assert refusal(bob, "POST", f"/v3/knock/{room}") == (403, "M_FORBIDDEN")
    assert refusal(bob, "POST", "/v3/knock/!far:away.example") == (404, "M_NOT_FOUND")
