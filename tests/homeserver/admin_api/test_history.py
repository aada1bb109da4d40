"""What was said in rooms: read by administrators who are not in them, and deleted by them."""

import pytest

from tests.conftest import Link
from tests.homeserver.rooms.test_hierarchy import links
from tests.homeserver.rooms.test_joining import refusal
from tests.outcomes import outcome
from tests.people import JsonObject, Person, Server

V1 = "/_synapse/admin/v1"


def ids(found: list[JsonObject]) -> list[str]:
    return [event["event_id"] for event in found]


def test_messages_are_read_from_outside_in_pages(admin: Person, alice: Person) -> None:
    room = alice.creates_room()
    said = [alice.sends(room, text) for text in ("1", "2", "3")]
    path = f"{V1}/rooms/{room}/messages"

    newest = admin.get(path, dir="b", limit=2)
    older = admin.get(path, dir="b", limit=1, **{"from": newest["end"]})
    wanted = admin.get(path, filter='{"types": ["m.room.create"]}')

    assert ids(newest["chunk"]) == [said[2], said[1]]
    assert ids(older["chunk"]) == [said[0]]
    assert [event["type"] for event in wanted["chunk"]] == ["m.room.create"]
    assert refusal(alice, "GET", path) == (403, "M_FORBIDDEN")
    assert refusal(admin, "GET", f"{V1}/rooms/!no:test/messages") == (404, "M_NOT_FOUND")


def test_the_event_closest_to_a_time_is_found(server: Server, admin: Person, alice: Person) -> None:
    room = alice.creates_room()
    first = alice.sends(room, "1")
    server.clock.advance(60)
    then = server.clock.now_ms()
    last = alice.sends(room, "2")
    path = f"{V1}/rooms/{room}/timestamp_to_event"

    assert admin.get(path, ts=then - 5000, dir="b")["event_id"] == first
    assert admin.get(path, ts=then - 5000) == {"event_id": last, "origin_server_ts": then}
    assert refusal(admin, "GET", f"{path}?ts={then + 1}") == (404, "M_NOT_FOUND")
    assert refusal(admin, "GET", path) == (400, "M_MISSING_PARAM")


def test_spaces_are_walked_whoever_may_know_of_their_rooms(admin: Person, alice: Person) -> None:
    space = alice.creates_room(creation_content={"type": "m.space"})
    inside = alice.creates_room(name="Secret")
    links(alice, space, inside)
    path = f"{V1}/rooms/{space}/hierarchy"

    rooms = admin.get(path)["rooms"]

    assert [room["room_id"] for room in rooms] == [space, inside]
    assert [link["state_key"] for link in rooms[0]["children_state"]] == [inside]
    first = admin.get(path, limit=1)
    rest = admin.get(path, limit=1, **{"from": first["next_batch"]})
    assert [room["name"] for room in rest["rooms"]] == ["Secret"]
    assert [room["room_id"] for room in admin.get(path, max_depth=0)["rooms"]] == [space]


@pytest.mark.parametrize("in_path", [True, False])
def test_history_goes_up_to_an_event(admin: Person, alice: Person, in_path: bool) -> None:
    room = alice.creates_room(topic="Tea")
    gone, kept = alice.sends(room, "old"), alice.sends(room, "kept")
    path = f"{V1}/purge_history/{room}"
    body: JsonObject = {"delete_local_events": True}

    answer = (
        admin.post(f"{path}/{kept}", body)
        if in_path
        else admin.post(path, {**body, "purge_up_to_event_id": kept})
    )

    status = f"{V1}/purge_history_status/{answer['purge_id']}"
    assert admin.get(status) == {"status": "complete"}
    assert refusal(alice, "GET", f"/v3/rooms/{room}/event/{gone}") == (404, "M_NOT_FOUND")
    assert alice.get(f"/v3/rooms/{room}/event/{kept}")["content"]["body"] == "kept"
    assert alice.state(room, "m.room.topic")["topic"] == "Tea"
    alice.sends(room, "new")
    assert alice.syncs().texts(room) == ["kept", "new"]


def test_history_goes_up_to_a_time(server: Server, admin: Person, alice: Person) -> None:
    room = alice.creates_room()
    for number in range(450):
        alice.sends(room, str(number))
    server.clock.advance(60)
    then = server.clock.now_ms() - 1
    alice.sends(room, "new")
    body = {"delete_local_events": True, "purge_up_to_ts": then}

    purge_id = admin.post(f"{V1}/purge_history/{room}", body)["purge_id"]

    assert admin.get(f"{V1}/purge_history_status/{purge_id}") == {"status": "complete"}
    assert alice.syncs().texts(room) == ["new"]


def test_what_our_users_said_stays_unless_it_is_asked_for(link: Link) -> None:
    here, there = link("one", "two")
    admin, bob = here.person("admin"), there.person("bob")
    outcome(here.app.accounts.accounts.make_admin(admin.user_id, True))
    room = admin.creates_room(preset="public_chat")
    bob.joins(room, "one")
    ours, theirs = admin.sends(room, "ours"), bob.sends(room, "theirs")
    last = admin.sends(room, "last")

    admin.post(f"{V1}/purge_history/{room}/{last}", {})

    assert admin.get(f"/v3/rooms/{room}/event/{ours}")["content"]["body"] == "ours"
    assert refusal(admin, "GET", f"/v3/rooms/{room}/event/{theirs}") == (404, "M_NOT_FOUND")


def test_only_what_is_known_is_purged(admin: Person, alice: Person) -> None:
    room, other = alice.creates_room(), alice.creates_room()
    elsewhere = alice.sends(other, "elsewhere")
    path = f"{V1}/purge_history/{room}"

    assert refusal(admin, "POST", path, {}) == (400, "M_INVALID_PARAM")
    assert refusal(admin, "POST", path, {"purge_up_to_ts": -1}) == (400, "M_INVALID_PARAM")
    assert refusal(admin, "POST", path, {"purge_up_to_ts": 1}) == (404, "M_NOT_FOUND")
    assert refusal(admin, "POST", f"{path}/{elsewhere}", {}) == (404, "M_NOT_FOUND")
    assert refusal(admin, "POST", f"{V1}/purge_history/!no:test/$x", {}) == (404, "M_NOT_FOUND")
    assert refusal(admin, "GET", f"{V1}/purge_history_status/x") == (404, "M_NOT_FOUND")
