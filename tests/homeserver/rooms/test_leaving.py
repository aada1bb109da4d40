"""Leaving rooms, and forgetting them."""

from tests.homeserver.rooms.test_joining import refusal
from tests.people import Server


def test_who_leaves_says_why_and_is_out(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    bob.post(f"/v3/rooms/{room}/leave", {"reason": "Late"})

    left = {"membership": "leave", "reason": "Late"}
    assert alice.state(room, "m.room.member", bob.user_id) == left
    assert bob.get("/v3/joined_rooms") == {"joined_rooms": []}


def test_who_has_left_may_leave_again(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    alice.leaves(room)
    alice.leaves(room)


def test_an_invite_can_be_declined(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(invite=[bob.user_id])
    bob.leaves(room)
    assert refusal(bob, "POST", f"/v3/join/{room}") == (403, "M_FORBIDDEN")


def test_nobody_leaves_where_he_never_was(server: Server) -> None:
    alice, mallory = server.people("alice", "mallory")
    room = alice.creates_room(preset="public_chat")
    alice.post(f"/v3/rooms/{room}/ban", {"user_id": mallory.user_id})
    assert refusal(mallory, "POST", f"/v3/rooms/{room}/leave") == (403, "M_FORBIDDEN")
    assert refusal(alice, "POST", "/v3/rooms/!no:test/leave") == (403, "M_FORBIDDEN")


def test_only_a_room_that_was_left_can_be_forgotten(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    path = f"/v3/rooms/{room}/forget"

    assert refusal(bob, "POST", path) == (400, "M_UNKNOWN")
    bob.leaves(room)
    assert bob.post(path) == bob.post(path) == {}
    assert refusal(bob, "POST", "/v3/rooms/!no:test/forget") == (400, "M_UNKNOWN")
    bob.joins(room)
    assert bob.get("/v3/joined_rooms") == {"joined_rooms": [room]}


def test_an_account_that_ends_leaves_all_its_rooms(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    rooms = [alice.creates_room(invite=[bob.user_id]) for _ in range(30)]
    for room in rooms[:28]:
        bob.joins(room)
    auth = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": "bob"},
        "password": "correct horse battery",
    }
    bob.post("/v3/account/deactivate", {"auth": auth})

    for room in rooms:
        assert alice.state(room, "m.room.member", bob.user_id) == {"membership": "leave"}
