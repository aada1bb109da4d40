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


def members(person: Person, room: str, **query: Any) -> set[str]:
    chunk = person.get(f"/v3/rooms/{room}/members", **query)["chunk"]
    return {event["state_key"] for event in chunk}


def test_members_are_chosen_by_membership(talk: Talk) -> None:
    server, alice, bob, room = talk
    carol = server.person("carol")
    alice.invites(room, carol)
    bob.leaves(room)

    assert members(alice, room) == {alice.user_id, bob.user_id, carol.user_id}
    assert members(alice, room, membership="join") == {alice.user_id}
    assert members(alice, room, not_membership="leave") == {alice.user_id, carol.user_id}
    both = {"membership": "leave", "not_membership": "invite"}
    assert members(alice, room, **both) == {alice.user_id, bob.user_id}


def test_members_of_an_earlier_time_are_found_by_a_token(talk: Talk) -> None:
    server, alice, bob, room = talk
    alice.syncs()
    carol = server.person("carol")
    carol.joins(room)
    bob.leaves(room)

    now = members(alice, room, membership="join")
    then = members(alice, room, membership="join", at=alice.since)

    assert now == {alice.user_id, carol.user_id}
    assert then == {alice.user_id, bob.user_id}


def test_who_has_left_sees_the_members_of_that_time(talk: Talk) -> None:
    server, alice, bob, room = talk
    bob.leaves(room)
    server.person("carol").joins(room)

    assert members(bob, room) == {alice.user_id, bob.user_id}


def test_joined_members_have_names_and_pictures(talk: Talk) -> None:
    server, alice, bob, room = talk
    alice.put(f"/v3/profile/{alice.user_id}/avatar_url", {"avatar_url": "mxc://test/a"})
    alice.invites(room, server.person("carol"))

    joined = bob.get(f"/v3/rooms/{room}/joined_members")["joined"]

    assert joined == {
        alice.user_id: {"display_name": "alice", "avatar_url": "mxc://test/a"},
        bob.user_id: {"display_name": "bob"},
    }


def test_joined_members_are_for_members(talk: Talk) -> None:
    _, _, bob, room = talk
    bob.leaves(room)

    with pytest.raises(Refused) as refused:
        bob.get(f"/v3/rooms/{room}/joined_members")

    assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")


def test_an_unknown_membership_is_refused(talk: Talk) -> None:
    _, alice, _, room = talk

    with pytest.raises(Refused) as refused:
        members(alice, room, membership="friend")

    assert refused.value.errcode == "M_INVALID_PARAM"
