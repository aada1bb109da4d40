"""Members' names and pictures follow their profiles."""

from typing import Any

from tests.people import Person, Server


def member(viewer: Person, room: str, of: Person) -> dict[str, Any]:
    return viewer.state(room, "m.room.member", of.user_id)


def named(person: Person, name: str) -> None:
    person.put(f"/v3/profile/{person.user_id}/displayname", {"displayname": name})


def test_a_new_name_shows_in_every_room_of_the_user(server: Server) -> None:
    alice = server.person("alice")
    rooms = [alice.creates_room() for _ in range(30)]
    named(alice, "Alice A.")
    assert {member(alice, room, alice)["displayname"] for room in rooms} == {"Alice A."}


def test_a_removed_name_goes_from_the_rooms_and_the_picture_stays(server: Server) -> None:
    alice = server.person("alice")
    alice.put(f"/v3/profile/{alice.user_id}/avatar_url", {"avatar_url": "mxc://test/a"})
    room = alice.creates_room()
    alice.delete(f"/v3/profile/{alice.user_id}/displayname")
    assert member(alice, room, alice) == {"membership": "join", "avatar_url": "mxc://test/a"}


def test_rooms_that_were_left_or_not_joined_hear_nothing(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    left = alice.creates_room(preset="public_chat")
    invited = alice.creates_room(invite=[bob.user_id])
    bob.joins(left)
    bob.leaves(left)
    named(bob, "Bob B.")
    assert member(alice, left, bob) == {"membership": "leave"}
    assert member(alice, invited, bob)["displayname"] == "bob"


def test_what_told_of_the_way_in_is_not_repeated(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    hall = alice.creates_room(preset="public_chat")
    allow = [{"type": "m.room_membership", "room_id": hall}]
    rules = {"join_rule": "restricted", "allow": allow}
    room = alice.creates_room(initial_state=[{"type": "m.room.join_rules", "content": rules}])
    bob.joins(hall)
    bob.post(f"/v3/join/{room}", {"reason": "curious", "org.example.kept": True})
    named(bob, "Bob B.")
    kept = {"membership": "join", "displayname": "Bob B.", "org.example.kept": True}
    assert member(alice, room, bob) == kept


def test_a_name_that_stays_makes_no_event(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    alice.syncs()
    named(alice, "alice")
    assert alice.syncs().events(room) == []
