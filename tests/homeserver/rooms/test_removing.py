"""Kicking, banning, unbanning."""

import pytest

from tests.homeserver.rooms.test_joining import refusal
from tests.people import Server


def test_the_kicked_are_out_and_may_come_back(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    alice.post(f"/v3/rooms/{room}/kick", {"user_id": bob.user_id, "reason": "Jokes"})

    kicked = {"membership": "leave", "reason": "Jokes"}
    assert alice.state(room, "m.room.member", bob.user_id) == kicked
    bob.joins(room)


def test_the_banned_stay_out_until_they_are_unbanned(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    body = {"user_id": bob.user_id}
    alice.post(f"/v3/rooms/{room}/ban", body)

    assert refusal(bob, "POST", f"/v3/join/{room}") == (403, "M_FORBIDDEN")
    assert refusal(alice, "POST", f"/v3/rooms/{room}/kick", body) == (403, "M_FORBIDDEN")
    alice.post(f"/v3/rooms/{room}/unban", body)
    bob.joins(room)


def test_a_stranger_can_be_banned_before_he_comes(server: Server) -> None:
    alice, mallory = server.people("alice", "mallory")
    room = alice.creates_room(preset="public_chat")
    alice.post(f"/v3/rooms/{room}/ban", {"user_id": "@troll:elsewhere.example"})
    alice.post(f"/v3/rooms/{room}/ban", {"user_id": mallory.user_id})
    assert refusal(mallory, "POST", f"/v3/join/{room}") == (403, "M_FORBIDDEN")


def test_to_ban_twice_changes_nothing(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room()
    alice.post(f"/v3/rooms/{room}/ban", {"user_id": bob.user_id})
    alice.syncs()
    alice.post(f"/v3/rooms/{room}/ban", {"user_id": bob.user_id})
    assert alice.syncs().events(room) == []


@pytest.mark.parametrize("verb", ["kick", "ban"])
def test_it_takes_power_over_the_other(server: Server, verb: str) -> None:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    path = f"/v3/rooms/{room}/{verb}"

    assert refusal(mallory, "POST", path, {"user_id": bob.user_id}) == (403, "M_FORBIDDEN")
    assert refusal(bob, "POST", path, {"user_id": alice.user_id}) == (403, "M_FORBIDDEN")


def test_only_who_is_there_can_be_kicked_and_only_the_banned_unbanned(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room()
    body = {"user_id": bob.user_id}
    assert refusal(alice, "POST", f"/v3/rooms/{room}/kick", body) == (403, "M_FORBIDDEN")
    assert refusal(alice, "POST", f"/v3/rooms/{room}/unban", body) == (403, "M_BAD_STATE")
    bad = {"user_id": "bob"}
    assert refusal(alice, "POST", f"/v3/rooms/{room}/ban", bad) == (400, "M_INVALID_PARAM")
