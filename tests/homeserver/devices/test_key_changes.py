"""Whose keys a client must fetch again after it was away."""

from typing import Any

import pytest

from homeserver.devices import key_changes
from tests.homeserver.devices.crypto import Crypto, Identity, public, signed
from tests.people import Person, Refused, Server


def encrypted_room(owner: Person, *others: Person) -> str:
    room = owner.creates_room(preset="public_chat")
    owner.sets(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    for other in others:
        other.joins(room)
    return room


def since(person: Person, token: str) -> tuple[list[str], list[str]]:
    """Changed and left."""
    now = person.logs_in().syncs().body["next_batch"]
    found = person.get("/v3/keys/changes", **{"from": token, "to": now})
    # The login was news of one's own.
    return [user for user in found["changed"] if user != person.user_id], found["left"]


def test_changes_since_a_token_are_told(server: Server) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    encrypted_room(alice, bob)
    token = alice.syncs().body["next_batch"]
    assert since(alice, token) == ([], [])

    Crypto(bob).settles()
    Crypto(carol).settles()

    assert since(alice, token) == ([bob.user_id], [])
    assert since(alice, alice.syncs().body["next_batch"]) == ([], [])


def test_one_hears_of_ones_own_new_devices(server: Server) -> None:
    alice = server.person("alice")
    token = alice.syncs().body["next_batch"]
    alice.logs_in()

    found = alice.get("/v3/keys/changes", **{"from": token, "to": token})

    assert found == {"changed": [alice.user_id], "left": []}


def test_those_who_came_and_went_are_told(server: Server) -> None:
    alice, bob, carol, dora = server.people("alice", "bob", "carol", "dora")
    room = encrypted_room(alice, bob, carol)
    encrypted_room(alice, carol)
    token = alice.syncs().body["next_batch"]

    dora.joins(room)
    bob.leaves(room)
    carol.leaves(room)

    assert since(alice, token) == ([dora.user_id], [bob.user_id])


def test_a_room_that_one_joins_or_leaves_brings_and_takes_its_members(server: Server) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    left = encrypted_room(bob, alice)
    joined = encrypted_room(carol)
    token = alice.syncs().body["next_batch"]

    alice.leaves(left)
    alice.joins(joined)

    assert since(alice, token) == ([carol.user_id], [bob.user_id])


def test_new_keys_of_those_in_any_room_are_told(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_changes, "FEW", 0)
    alice, bob = server.people("alice", "bob")
    bob.joins(alice.creates_room(preset="public_chat"))
    token = alice.syncs().body["next_batch"]

    Crypto(bob).settles()

    assert since(alice, token) == ([bob.user_id], [])


def test_a_large_room_that_becomes_encrypted_brings_its_members(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_changes, "FEW", 0)
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    token = alice.syncs().body["next_batch"]
    assert since(alice, token) == ([], [])

    alice.sets(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})

    assert since(alice, token) == ([bob.user_id], [])


def test_whom_one_signed_is_told_to_oneself(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    mine, theirs = Identity(alice), Identity(bob)
    mine.uploads()
    theirs.uploads()
    token = alice.syncs().body["next_batch"]
    key = signed(theirs.bodies()["master_key"], alice.user_id, mine.user_signing)

    alice.post("/v3/keys/signatures/upload", {bob.user_id: {public(theirs.master): key}})

    assert since(alice, token) == ([bob.user_id], [])
    assert since(bob, token) == ([], [])


def test_changes_outlive_a_restart(start_server: Any) -> None:
    server = start_server()
    alice, bob = server.people("alice", "bob")
    encrypted_room(alice, bob)
    token = alice.syncs().body["next_batch"]
    Crypto(bob).settles()

    alice.server = bob.server = start_server()

    assert since(alice, token) == ([bob.user_id], [])
    assert alice.syncs().body["device_lists"]["changed"] == [alice.user_id, bob.user_id]


def test_a_token_from_a_lost_future_makes_all_news(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    encrypted_room(alice, bob)
    Crypto(bob).settles()

    assert since(alice, "s999999999999")[0] == [bob.user_id]


def test_tokens_are_needed(server: Server) -> None:
    alice = server.person("alice")
    for query, errcode in (
        ({"from": "s1"}, "M_MISSING_PARAM"),
        ({"to": "s1"}, "M_MISSING_PARAM"),
        ({"from": "x", "to": "s1"}, "M_INVALID_PARAM"),
    ):
        with pytest.raises(Refused) as refused:
            alice.get("/v3/keys/changes", **query)
        assert refused.value.errcode == errcode
