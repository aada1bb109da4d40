"""Rooms: listed and looked into."""

from tests.homeserver.rooms.test_joining import refusal
from tests.people import JsonObject, Person, Server

ROOMS = "/_synapse/admin/v1/rooms"


def names(answer: JsonObject) -> list[str]:
    return [room["name"] for room in answer["rooms"]]


def test_rooms_are_listed_in_pages(admin: Person, alice: Person) -> None:
    for name in ("Beta", "alpha", "gamma"):
        alice.creates_room(name=name)

    first = admin.get(ROOMS, limit=2)
    rest = admin.get(ROOMS, limit=2, **{"from": first["next_batch"]})

    assert (names(first), first["offset"], first["total_rooms"]) == (["alpha", "Beta"], 0, 3)
    assert (names(rest), rest["prev_batch"]) == (["gamma"], 0)
    assert "next_batch" not in rest


def test_rooms_are_found_and_sorted(server: Server, admin: Person, alice: Person) -> None:
    (bob,) = server.people("bob")
    large = alice.creates_room(name="Large", preset="public_chat", visibility="public")
    bob.joins(large)
    small = alice.creates_room(name="Small")

    assert names(admin.get(ROOMS, search_term="sma")) == ["Small"]
    assert names(admin.get(ROOMS, search_term=small)) == ["Small"]
    assert names(admin.get(ROOMS, public_rooms=True)) == ["Large"]
    assert names(admin.get(ROOMS, empty_rooms=True)) == []
    assert names(admin.get(ROOMS, order_by="joined_members")) == ["Large", "Small"]
    assert names(admin.get(ROOMS, order_by="size", dir="b")) == ["Small", "Large"]


def test_what_a_room_is(admin: Person, alice: Person) -> None:
    room = alice.creates_room(name="Tea", topic="Green", room_version="11")

    shown = admin.get(f"{ROOMS}/{room}")

    assert {key: shown[key] for key in ("room_id", "name", "topic", "version", "creator")} == {
        "room_id": room,
        "name": "Tea",
        "topic": "Green",
        "version": "11",
        "creator": alice.user_id,
    }
    assert (shown["joined_members"], shown["joined_local_members"]) == (1, 1)
    assert (shown["joined_local_devices"], shown["federatable"], shown["public"]) == (
        1,
        True,
        False,
    )
    assert (shown["join_rules"], shown["encryption"], shown["tombstoned"]) == (
        "invite",
        None,
        False,
    )
    assert shown["state_events"] == len(alice.get(f"/v3/rooms/{room}/state"))


def test_who_and_what_is_in_a_room(admin: Person, alice: Person) -> None:
    room = alice.creates_room()
    before, middle, after = (alice.sends(room, text) for text in ("1", "2", "3"))

    assert admin.get(f"{ROOMS}/{room}/members") == {"members": [alice.user_id], "total": 1}
    state = admin.get(f"{ROOMS}/{room}/state")["state"]
    assert {event["type"] for event in state} >= {"m.room.create", "m.room.member"}
    found = admin.get(f"{ROOMS}/{room}/context/{middle}", limit=2)
    assert found["event"]["event_id"] == middle
    assert [event["event_id"] for event in found["events_before"]] == [before]
    assert [event["event_id"] for event in found["events_after"]] == [after]
    assert found["state"] and found["start"] and found["end"]


def test_unknown_rooms_are_not_found(admin: Person, alice: Person) -> None:
    room = alice.creates_room()
    for path in ("", "/members", "/state", "/context/$x", "/forward_extremities"):
        assert refusal(admin, "GET", f"{ROOMS}/!nowhere:test{path}") == (404, "M_NOT_FOUND")
    assert refusal(admin, "GET", f"{ROOMS}/{room}/context/$x") == (404, "M_NOT_FOUND")


def test_any_event_can_be_fetched(admin: Person, alice: Person) -> None:
    event_id = alice.sends(alice.creates_room(), "hello")
    path = "/_synapse/admin/v1/fetch_event"

    event = admin.get(f"{path}/{event_id}")["event"]

    assert (event["event_id"], event["content"]["body"]) == (event_id, "hello")
    assert refusal(admin, "GET", f"{path}/$nothing") == (404, "M_NOT_FOUND")


def test_which_rooms_take_most(admin: Person, alice: Person) -> None:
    small, large = alice.creates_room(), alice.creates_room()
    alice.sends(large, "long " * 2000)
    path = "/_synapse/admin/v1/statistics/database/rooms"

    first, second = admin.get(path)["rooms"]

    assert (first["room_id"], second["room_id"]) == (large, small)
    assert first["estimated_size"] > 10_000 > second["estimated_size"] > 500
