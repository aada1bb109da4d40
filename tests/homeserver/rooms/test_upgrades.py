"""One room takes the place of another."""

from typing import Any

import pytest

from tests.homeserver.rooms.test_joining import refusal, restricted_to
from tests.people import Person, Refused, Server


def upgraded(person: Person, room: str, version: str = "12", **options: Any) -> str:
    body = {"new_version": version, **options}
    return str(person.post(f"/v3/rooms/{room}/upgrade", body)["replacement_room"])


def test_the_old_room_points_to_the_new_and_the_new_to_the_old(server: Server) -> None:
    alice = server.person("alice")
    old = alice.creates_room(room_version="10", creation_content={"type": "m.space"})
    new = upgraded(alice, old)

    assert alice.state(old, "m.room.tombstone")["replacement_room"] == new
    create = alice.state(new, "m.room.create")
    assert create == {"room_version": "12", "type": "m.space", "predecessor": {"room_id": old}}
    assert set(alice.get("/v3/joined_rooms")["joined_rooms"]) == {old, new}


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("version", [str(version) for version in range(1, 13)])
@pytest.mark.parametrize("before", ["1", "11", "12"])
def test_a_room_of_any_version_becomes_one_of_any_other(
    server: Server, before: str, version: str
) -> None:
    alice = server.person("alice")
    old = alice.creates_room(room_version=before, name="Pub", preset="public_chat")
    new = upgraded(alice, old, version)

    create = alice.state(new, "m.room.create")
    assert ("event_id" in create["predecessor"]) == (version != "12")
    assert alice.state(new, "m.room.name") == {"name": "Pub"}
    users = alice.state(new, "m.room.power_levels")["users"]
    assert users == ({} if version == "12" else {alice.user_id: 100})
    alice.sets(new, "m.room.name", {"name": "Bar"})


def test_what_the_room_is_moves(server: Server) -> None:
    alice, mallory = server.people("alice", "mallory")
    state = {
        "m.room.server_acl": {"allow": ["*"]},
        "m.room.encryption": {"algorithm": "m.megolm.v1.aes-sha2"},
        "m.room.avatar": {"url": "mxc://test/a"},
        "m.room.guest_access": {"guest_access": "forbidden"},
        "m.room.history_visibility": {"history_visibility": "joined"},
        "m.room.name": {"name": "Pub"},
        "m.room.topic": {"topic": "Beer"},
    }
    initial = [{"type": type, "content": content} for type, content in state.items()]
    old = alice.creates_room(
        room_version="11", initial_state=[*initial, {"type": "org.example", "content": {}}]
    )
    alice.post(f"/v3/rooms/{old}/ban", {"user_id": mallory.user_id, "reason": "Spam"})
    new = upgraded(alice, old)

    for type, content in state.items():
        assert alice.state(new, type) == content
    ban = alice.state(new, "m.room.member", mallory.user_id)
    assert ban == {"membership": "ban", "reason": "Spam"}
    with pytest.raises(Refused):
        alice.state(new, "org.example")


def test_names_and_the_place_in_the_directory_move(server: Server) -> None:
    alice = server.person("alice")
    old = alice.creates_room(visibility="public", room_alias_name="pub", room_version="11")
    new = upgraded(alice, old)

    assert alice.get("/v3/directory/room/%23pub:test")["room_id"] == new
    assert alice.state(new, "m.room.canonical_alias") == {"alias": "#pub:test"}
    assert alice.state(old, "m.room.canonical_alias") == {}
    assert [room["room_id"] for room in alice.get("/v3/publicRooms")["chunk"]] == [new]


def test_the_old_room_falls_silent(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    old = alice.creates_room(preset="public_chat")
    bob.joins(old)
    upgraded(alice, old)

    levels = alice.state(old, "m.room.power_levels")
    assert (levels["events_default"], levels["invite"]) == (50, 50)
    with pytest.raises(Refused):
        bob.sends(old, "Is anybody here?")


def test_moderators_keep_their_power_and_creators_are_not_named(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    old = alice.creates_room(
        room_version="11",
        power_level_content_override={"users": {alice.user_id: 100, bob.user_id: 50}},
    )
    new = upgraded(alice, old, additional_creators=["@carol:test"])

    levels = alice.state(new, "m.room.power_levels")
    assert levels["users"] == {bob.user_id: 50}
    assert levels["events"]["m.room.tombstone"] == 150
    assert alice.state(new, "m.room.create")["additional_creators"] == ["@carol:test"]


def test_an_additional_creator_loses_his_level(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    levels = {"users": {alice.user_id: 100, bob.user_id: 50}}
    old = alice.creates_room(room_version="11", power_level_content_override=levels)
    new = upgraded(alice, old, additional_creators=[bob.user_id])
    assert alice.state(new, "m.room.power_levels")["users"] == {}


def test_creators_become_admins_where_versions_know_no_creators(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    old = alice.creates_room(creation_content={"additional_creators": [bob.user_id]})
    new = upgraded(alice, old, "11")
    users = alice.state(new, "m.room.power_levels")["users"]
    assert users == {alice.user_id: 100, bob.user_id: 100}


def test_a_join_rule_that_the_version_lacks_becomes_stricter(server: Server) -> None:
    alice = server.person("alice")
    hall = alice.creates_room()
    rules = restricted_to(hall, rule="knock_restricted")
    old = alice.creates_room(room_version="10", initial_state=rules)

    nine = upgraded(alice, old, "9")
    assert alice.state(nine, "m.room.join_rules")["join_rule"] == "restricted"
    assert alice.state(upgraded(alice, nine, "6"), "m.room.join_rules")["join_rule"] == "invite"


def test_spaces_keep_their_rooms_and_rooms_their_spaces(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    link = {"via": ["test"]}
    space = alice.creates_room(creation_content={"type": "m.space"}, room_version="11")
    room = alice.creates_room(initial_state=restricted_to(space), room_version="11")
    alice.sets(space, "m.space.child", link, room)
    alice.sets(room, "m.space.parent", link, space)

    new_room = upgraded(alice, room)
    assert alice.state(space, "m.space.child", new_room) == link
    assert alice.state(space, "m.space.child", room) == {}
    assert alice.state(new_room, "m.space.parent", space) == link

    new_space = upgraded(alice, space)
    assert alice.state(new_space, "m.space.child", new_room) == link
    alice.invites(new_space, bob)
    bob.joins(new_space)
    bob.joins(new_room)


def test_what_a_user_keeps_about_the_room_follows_him(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    old = alice.creates_room(preset="public_chat", room_version="11")
    bob.joins(old)
    mine = f"/v3/user/{bob.user_id}"
    bob.put(f"{mine}/rooms/{old}/tags/m.favourite", {"order": 0.5})
    bob.put(f"{mine}/account_data/m.direct", {alice.user_id: [old], "@c:test": ["!x:test"]})
    bob.put(f"/v3/pushrules/global/room/{old}", {"actions": ["dont_notify"]})
    mute = {"conditions": [{"kind": "event_match", "key": "room_id", "pattern": old}]}
    bob.put(f"/v3/pushrules/global/override/{old}", {**mute, "actions": []})

    new = upgraded(alice, old)
    bob.joins(new)

    tags = bob.get(f"{mine}/rooms/{new}/tags")["tags"]
    assert tags == {"m.favourite": {"order": 0.5}}
    direct = bob.get(f"{mine}/account_data/m.direct")
    assert direct == {alice.user_id: [old, new], "@c:test": ["!x:test"]}
    rules = bob.get("/v3/pushrules/")["global"]
    assert new in [rule["rule_id"] for rule in rules["room"]]
    muted = next(rule for rule in rules["override"] if rule["rule_id"] == new)
    assert muted["conditions"][0]["pattern"] == new


def test_a_room_cannot_claim_to_replace_another(server: Server) -> None:
    alice, mallory = server.people("alice", "mallory")
    room = alice.creates_room()
    alice.put(f"/v3/user/{alice.user_id}/rooms/{room}/tags/m.favourite", {})
    claim = {"predecessor": {"room_id": room, "event_id": "$x"}}
    trap = mallory.creates_room(preset="public_chat", creation_content=claim)
    alice.joins(trap)
    assert alice.get(f"/v3/user/{alice.user_id}/rooms/{trap}/tags") == {"tags": {}}


def test_it_takes_the_power_to_send_tombstones(server: Server) -> None:
    alice, bob, mallory = server.people("alice", "bob", "mallory")
    room = alice.creates_room(preset="public_chat")
    bob.joins(room)
    path, body = f"/v3/rooms/{room}/upgrade", {"new_version": "12"}
    assert refusal(bob, "POST", path, body) == (403, "M_FORBIDDEN")
    assert refusal(mallory, "POST", path, body) == (403, "M_FORBIDDEN")
    assert refusal(alice, "POST", "/v3/rooms/!no:test/upgrade", body) == (403, "M_FORBIDDEN")
    assert bob.get("/v3/joined_rooms") == {"joined_rooms": [room]}


def test_bad_questions_are_refused(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    path = f"/v3/rooms/{room}/upgrade"
    for body, code in (
        ({}, "M_MISSING_PARAM"),
        ({"new_version": "99"}, "M_UNSUPPORTED_ROOM_VERSION"),
        ({"new_version": "12", "additional_creators": ["bob"]}, "M_INVALID_PARAM"),
        ({"new_version": "12", "additional_creators": [1]}, "M_BAD_JSON"),
    ):
        assert refusal(alice, "POST", path, body) == (400, code)
    with pytest.raises(Refused):
        alice.state(room, "m.room.tombstone")


def test_a_moderator_upgrades_what_he_may_and_no_more(server: Server) -> None:
    alice, bob = server.people("alice", "bob")
    levels = {"users": {alice.user_id: 100, bob.user_id: 50}, "events": {"m.room.tombstone": 50}}
    old = alice.creates_room(
        room_version="11",
        preset="public_chat",
        power_level_content_override={**levels, "state_default": 100},
    )
    bob.joins(old)
    new = upgraded(bob, old, "11")

    assert bob.state(new, "m.room.power_levels")["users"] == levels["users"]
    assert alice.state(old, "m.room.power_levels")["events_default"] == 0
