"""Who gets into a room, and how."""

from typing import Any

import pytest

from tests.people import Person, Refused, Server


def refusal(person: Person, method: str, path: str, body: Any = None) -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        person.ask(method, path, body if body is not None else {}).json()
    return refused.value.status, str(refused.value.errcode)


def restricted_to(*rooms: str, rule: str = "restricted") -> list[dict[str, Any]]:
    allow = [{"type": "m.room_membership", "room_id": room} for room in rooms]
    content = {"join_rule": rule, "allow": allow}
    return [{"type": "m.room.join_rules", "content": content}]


def test_anybody_joins_a_public_room_by_id_and_by_alias(server: Server) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    room = alice.creates_room(preset="public_chat", room_alias_name="pub")

    assert bob.post(f"/v3/rooms/{room}/join") == {"room_id": room}
    assert carol.post("/v3/join/%23pub:test", via="elsewhere.example") == {"room_id": room}
    assert bob.get("/v3/joined_rooms") == {"joined_rooms": [room]}


def test_who_is_in_already_joins_again_without_a_new_event(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    alice.syncs()

    assert alice.post(f"/v3/join/{room}", {"reason": "again"}) == {"room_id": room}
    assert alice.syncs().events(room) == []


def test_a_private_room_is_open_to_invitees_only(server: Server) -> None:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    room = alice.creates_room(invite=[bob.user_id])
    bob.joins(room)

    assert refusal(mallory, "POST", f"/v3/join/{room}") == (403, "M_FORBIDDEN")


def test_a_join_gives_its_reason_and_what_bridges_add(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(preset="public_chat")
    extra = {"reason": "curious", "org.example.bridge": 1, "displayname": "Mallory"}
    bob.post(f"/v3/join/{room}", extra)

    assert alice.state(room, "m.room.member", bob.user_id) == {
        "membership": "join",
        "displayname": "bob",
        "reason": "curious",
        "org.example.bridge": 1,
    }


def test_members_of_a_named_room_join_a_restricted_one(server: Server) -> None:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    hall = alice.creates_room(preset="public_chat")
    room = alice.creates_room(initial_state=restricted_to(hall))
    bob.joins(hall)

    bob.joins(room)

    member = alice.state(room, "m.room.member", bob.user_id)
    assert member["join_authorised_via_users_server"] == alice.user_id
    assert refusal(mallory, "POST", f"/v3/join/{room}") == (403, "M_FORBIDDEN")


def test_nobody_joins_a_restricted_room_whose_members_cannot_invite(server: Server) -> None:
    alice, bob, carol = server.people("alice", "bob", "carol")
    hall = alice.creates_room(preset="public_chat")
    room = alice.creates_room(
        initial_state=restricted_to(hall),
        invite=[bob.user_id],
        power_level_content_override={"invite": 50},
    )
    bob.joins(room)
    carol.joins(hall)
    alice.leaves(room)

    assert refusal(carol, "POST", f"/v3/join/{room}") == (403, "M_FORBIDDEN")


def test_an_unknown_room_among_the_conditions_lets_nobody_in(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    room = alice.creates_room(initial_state=restricted_to("!elsewhere:elsewhere.example"))

    assert refusal(bob, "POST", f"/v3/join/{room}") == (403, "M_FORBIDDEN")


def test_a_client_cannot_name_who_lets_it_in(server: Server) -> None:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    hall = alice.creates_room(preset="public_chat")
    room = alice.creates_room(initial_state=restricted_to(hall))
    bob.joins(hall)
    path = f"/v3/rooms/{room}/state/m.room.member/"
    content = {"membership": "join", "join_authorised_via_users_server": alice.user_id}

    assert refusal(mallory, "PUT", path + mallory.user_id, content) == (403, "M_FORBIDDEN")
    bob.put(path + bob.user_id, {"membership": "join"})
    member = alice.state(room, "m.room.member", bob.user_id)
    assert member["join_authorised_via_users_server"] == alice.user_id


def test_a_room_that_is_not_here_is_out_of_reach(server: Server) -> None:
    alice = server.person("alice")
    assert refusal(alice, "POST", "/v3/join/!far:away.example") == (404, "M_UNKNOWN")
    assert refusal(alice, "POST", "/v3/join/%23far:away.example") == (404, "M_NOT_FOUND")
    assert refusal(alice, "POST", "/v3/join/%23none:test") == (404, "M_NOT_FOUND")
    assert refusal(alice, "POST", "/v3/join/nonsense") == (400, "M_INVALID_PARAM")


def test_invites_of_identity_servers_are_refused(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(preset="public_chat")
    body: dict[str, Any] = {"third_party_signed": {"token": "t"}}
    assert refusal(alice, "POST", f"/v3/join/{room}", body) == (403, "M_FORBIDDEN")
    body = {"medium": "email", "address": "a@b.example", "id_server": "id.example"}
    assert refusal(alice, "POST", f"/v3/rooms/{room}/invite", body) == (403, "M_FORBIDDEN")


def test_an_empty_room_of_ours_can_be_entered_again(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room(preset="public_chat")
    alice.leaves(room)
    alice.joins(room)
    assert alice.get("/v3/joined_rooms") == {"joined_rooms": [room]}
