"""Whose keys a client must fetch again, and whose it may forget."""

import pytest

from homeserver.devices import key_changes
from tests.people import Person, Server

ALGORITHM = {"algorithm": "m.megolm.v1.aes-sha2"}
Talk = tuple[Person, Person, str]


@pytest.fixture
def talk(server: Server) -> Talk:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    alice.sets(room, "m.room.encryption", ALGORITHM)
    alice.syncs()
    return alice, bob, room


def lists(person: Person) -> tuple[list[str], list[str]]:
    found = person.syncs().body.get("device_lists", {})
    return found.get("changed", []), found.get("left", [])


def test_who_comes_and_goes_is_told(talk: Talk) -> None:
    alice, bob, room = talk
    bob.joins(room)
    assert lists(alice) == ([bob.user_id], [])
    bob.leaves(room)
    assert lists(alice) == ([], [bob.user_id])
    assert lists(alice) == ([], [])


def test_who_enters_is_told_of_those_inside_and_who_leaves_of_those_too(talk: Talk) -> None:
    alice, bob, room = talk
    bob.syncs()
    bob.joins(room)
    assert lists(bob) == ([alice.user_id], [])
    bob.leaves(room)
    assert lists(bob) == ([], [alice.user_id])


def test_an_invite_or_a_new_name_changes_no_keys(talk: Talk) -> None:
    alice, bob, room = talk
    alice.invites(room, bob)
    assert lists(alice) == ([], [])
    bob.leaves(room)
    assert lists(alice) == ([], [])
    bob.joins(room)
    alice.syncs()
    bob.put(f"/v3/profile/{bob.user_id}/displayname", {"displayname": "Robert"})
    assert lists(alice) == ([], [])


def test_a_new_device_is_told_to_those_in_an_encrypted_room(talk: Talk) -> None:
    alice, bob, room = talk
    bob.joins(room)
    alice.syncs()
    phone = bob.logs_in()
    assert lists(alice) == ([bob.user_id], [])

    phone.post("/v3/logout")
    assert lists(alice) == ([bob.user_id], [])


def test_a_new_device_is_told_to_those_in_any_room(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    alice.syncs()

    bob.logs_in()

    assert lists(alice) == ([bob.user_id], [])


def test_who_enters_a_small_room_without_encryption_is_told_too(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    alice.syncs()

    bob.joins(room)
    assert lists(alice) == ([bob.user_id], [])
    bob.leaves(room)
    assert lists(alice) == ([], [bob.user_id])


def test_who_enters_a_large_room_without_encryption_does_not_matter(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_changes, "FEW", 0)
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    alice.syncs()
    bob.joins(room)
    assert lists(alice) == ([], [])

    alice.sets(room, "m.room.encryption", ALGORITHM)

    assert lists(alice) == ([bob.user_id], [])


def test_who_stays_in_another_encrypted_room_has_not_left(talk: Talk) -> None:
    alice, bob, room = talk
    other = alice.creates_room(preset="public_chat")
    alice.sets(other, "m.room.encryption", ALGORITHM)
    for place in (room, other):
        bob.joins(place)
    alice.syncs()

    bob.leaves(room)

    assert lists(alice) == ([], [])


def test_ones_own_new_device_is_told(talk: Talk) -> None:
    alice, _, _ = talk
    alice.logs_in()

    assert lists(alice) == ([alice.user_id], [])


def test_changes_are_told_from_before_a_restart(start_server: type) -> None:
    server = start_server()
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    alice.sets(room, "m.room.encryption", ALGORITHM)
    bob.joins(room)
    alice.syncs()
    bob.logs_in()

    server = start_server()
    alice = Person(server, "alice", alice.token, alice.device_id, alice.since)

    assert lists(alice) == ([bob.user_id], [])
