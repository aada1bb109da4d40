"""What a room is, for those who may know of it."""

from typing import Any

import pytest

from tests.people import Person, Refused, Server


def summary(person: Person, room: str) -> dict[str, Any]:
    return person.get(f"/v1/room_summary/{room.replace('#', '%23')}")


def assert_hidden(person: Person, room: str) -> None:
    with pytest.raises(Refused) as refused:
        summary(person, room)
    assert (refused.value.status, refused.value.errcode) == (404, "M_NOT_FOUND")


def test_a_summary_tells_what_the_room_is_and_how_one_stands_to_it(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(
        preset="public_chat",
        name="Cheese",
        room_alias_name="cheese",
        initial_state=[
            {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
        ],
    )

    found = summary(alice, room)
    assert (found["name"], found["join_rule"], found["membership"]) == ("Cheese", "public", "join")
    assert found["encryption"] == "m.megolm.v1.aes-sha2"
    assert summary(bob, "#cheese:test")["membership"] == "leave"
    alice.invites(room, bob)
    assert summary(bob, room)["membership"] == "invite"
    stranger = summary(server.anonymous, room)
    assert "membership" not in stranger
    assert stranger["room_version"] == found["room_version"]


def test_older_paths_answer_with_older_names_as_well(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    expected = summary(alice, room)
    for path in ("summary/{}", "rooms/{}/summary"):
        found = alice.get("/unstable/im.nheko.summary/" + path.format(room))
        assert found.pop("im.nheko.summary.room_version") == expected["room_version"]
        assert found == expected


def test_a_restricted_room_names_the_rooms_that_open_it(server: Server) -> None:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    key = alice.creates_room(preset="public_chat")
    bob.joins(key)
    allow = [{"type": "m.room_membership", "room_id": key}, {"type": "other"}, "nonsense"]
    content = {"join_rule": "restricted", "allow": allow}
    room = alice.creates_room(initial_state=[{"type": "m.room.join_rules", "content": content}])

    assert summary(bob, room)["allowed_room_ids"] == [key]
    assert_hidden(mallory, room)
    assert_hidden(server.anonymous, room)


def test_rooms_that_are_private_unknown_or_dead_are_not_found(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    private, banned, dead = (
        alice.creates_room(),
        alice.creates_room(preset="public_chat"),
        alice.creates_room(preset="public_chat"),
    )
    alice.post(f"/v3/rooms/{banned}/ban", {"user_id": bob.user_id})
    alice.leaves(dead)

    for room in (private, banned, dead, "!nowhere:test", "#nowhere:test"):
        assert_hidden(bob, room)
    assert_hidden(server.anonymous, private)
    with pytest.raises(Refused) as refused:
        summary(bob, "@bob:test")
    assert refused.value.errcode == "M_INVALID_PARAM"
