"""Who may invite whom."""

import pytest

from tests.homeserver.rooms.test_joining import refusal
from tests.people import Server


def test_an_invite_shows_the_invitees_profile_and_the_reason(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room()
    alice.post(f"/v3/rooms/{room}/invite", {"user_id": bob.user_id, "reason": "Welcome"})

    invite = alice.state(room, "m.room.member", bob.user_id)
    assert invite == {"membership": "invite", "displayname": "bob", "reason": "Welcome"}


def test_a_second_invite_changes_nothing(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room()
    alice.invites(room, bob)
    alice.syncs()
    alice.invites(room, bob)
    assert alice.syncs().events(room) == []


def test_who_is_not_in_the_room_cannot_invite(server: Server) -> None:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    room = alice.creates_room(preset="public_chat")
    body = {"user_id": bob.user_id}
    assert refusal(mallory, "POST", f"/v3/rooms/{room}/invite", body) == (403, "M_FORBIDDEN")
    assert refusal(mallory, "POST", "/v3/rooms/!no:test/invite", body) == (403, "M_FORBIDDEN")


def test_who_lacks_the_power_cannot_invite(server: Server) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    body = {"user_id": carol.user_id}
    assert refusal(bob, "POST", f"/v3/rooms/{room}/invite", body) == (403, "M_FORBIDDEN")


def test_members_and_the_banned_cannot_be_invited(server: Server) -> None:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    alice.post(f"/v3/rooms/{room}/ban", {"user_id": mallory.user_id})
    for other in (alice, bob, mallory):
        body = {"user_id": other.user_id}
        assert refusal(alice, "POST", f"/v3/rooms/{room}/invite", body) == (403, "M_FORBIDDEN")


def test_users_who_do_not_exist_cannot_be_invited(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    path = f"/v3/rooms/{room}/invite"
    assert refusal(alice, "POST", path, {"user_id": "@nobody:test"}) == (404, "M_NOT_FOUND")
    assert refusal(alice, "POST", path, {"user_id": "nobody"}) == (400, "M_INVALID_PARAM")
    assert refusal(alice, "POST", path, {}) == (400, "M_MISSING_PARAM")
    assert refusal(alice, "POST", path, {"user_id": "@bob:far.example"}) == (404, "M_UNKNOWN")


@pytest.mark.parametrize(
    "type", ["m.invite_permission_config", "org.matrix.msc4380.invite_permission_config"]
)
def test_a_user_can_block_all_invites_and_allow_them_again(server: Server, type: str) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room()
    path, body = f"/v3/rooms/{room}/invite", {"user_id": bob.user_id}
    member = f"/v3/rooms/{room}/state/m.room.member/{bob.user_id}"
    setting = f"/v3/user/{bob.user_id}/account_data/{type}"
    bob.put(setting, {"default_action": "block"})

    assert refusal(alice, "POST", path, body) == (403, "M_INVITE_BLOCKED")
    assert refusal(alice, "PUT", member, {"membership": "invite"}) == (403, "M_INVITE_BLOCKED")
    assert bob.user_id not in str(alice.get(f"/v3/rooms/{room}/state"))

    bob.put(setting, {})
    alice.post(path, body)
    bob.joins(room)
