"""Changes of profiles in GET /sync (MSC4429)."""

import json
from typing import Any

import pytest

from tests.people import Person, Server


@pytest.fixture(params=["", "org.matrix.msc4429."], ids=["stable", "unstable"])
def prefix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def asks_for(person: Person, prefix: str, *fields: str) -> None:
    person.filter = json.dumps({prefix + "profile_fields": {"ids": list(fields)}})


def status(person: Person, text: str) -> None:
    path = f"/v3/profile/{person.user_id}/m.status"
    person.put(path, {"m.status": {"text": text}})


def told(person: Person, prefix: str) -> dict[str, Any]:
    users = person.syncs().body.get(prefix + "users", {})
    return {user_id: it["profile_updates"] for user_id, it in users.items()}


def test_profiles_of_neighbours_are_told_as_they_change(server: Server, prefix: str) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    status(bob, "swimming")
    status(carol, "elsewhere")
    asks_for(alice, prefix, "m.status")
    assert told(alice, prefix) == {bob.user_id: {"m.status": {"text": "swimming"}}}
    assert told(alice, prefix) == {}
    waiting = alice.starts_sync()

    status(bob, "drying")

    users = waiting.answer().body[prefix + "users"]
    assert users == {bob.user_id: {"profile_updates": {"m.status": {"text": "drying"}}}}
    bob.delete(f"/v3/profile/{bob.user_id}/m.status")
    assert told(alice, prefix) == {bob.user_id: {"m.status": None}}
    carol.joins(room)
    assert told(alice, prefix) == {carol.user_id: {"m.status": {"text": "elsewhere"}}}
    carol.leaves(room)
    assert told(alice, prefix) == {carol.user_id: None}


def test_ones_own_changes_are_told(server: Server, prefix: str) -> None:
    alice = server.person("alice")
    asks_for(alice, prefix, "m.status")
    alice.syncs()
    status(alice, "here")

    assert told(alice, prefix) == {alice.user_id: {"m.status": {"text": "here"}}}


def test_who_does_not_ask_is_not_told(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    alice.syncs()
    status(bob, "here")

    assert not {"users", "org.matrix.msc4429.users"} & set(alice.syncs().body)
