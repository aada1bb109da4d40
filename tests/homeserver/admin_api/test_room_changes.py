"""What is done to rooms: closed, entered, given to somebody, freed of loose ends."""

from tests.homeserver.rooms.test_joining import refusal
from tests.people import Person

V1 = "/_synapse/admin/v1"
ROOMS = V1 + "/rooms"


def test_nobody_enters_a_closed_room(admin: Person, alice: Person) -> None:
    room = admin.creates_room(preset="public_chat")
    path = f"{ROOMS}/{room}/block"
    assert admin.get(path) == {"block": False}

    assert admin.put(path, {"block": True}) == {"block": True}

    assert admin.get(path) == {"block": True, "user_id": admin.user_id}
    assert refusal(alice, "POST", f"/v3/join/{room}") == (403, "M_FORBIDDEN")
    admin.put(path, {"block": False})
    assert alice.joins(room) == room


def test_rooms_that_are_not_known_yet_can_be_closed(admin: Person) -> None:
    assert admin.put(f"{ROOMS}/!far:elsewhere/block", {"block": True}) == {"block": True}
    assert refusal(admin, "PUT", f"{ROOMS}/room/block", {"block": True})[0] == 400


def test_an_administrator_gets_the_power_of_a_room(admin: Person, alice: Person) -> None:
    room = alice.creates_room(room_version="11")

    admin.post(f"{ROOMS}/{room}/make_room_admin", {})

    assert alice.state(room, "m.room.power_levels")["users"][admin.user_id] == 100
    assert admin.syncs().invites() == [room]
    admin.joins(room)
    assert admin.sets(room, "m.room.name", {"name": "Mine"})


def test_creators_with_endless_power_give_what_they_can(admin: Person, alice: Person) -> None:
    room = alice.creates_room(room_version="12")

    admin.post(f"{ROOMS}/{room}/make_room_admin", {"user_id": admin.user_id})

    assert alice.state(room, "m.room.power_levels")["users"][admin.user_id] >= 100


def test_where_nobody_of_ours_has_power_there_is_none_to_give(admin: Person) -> None:
    room = admin.creates_room(room_version="11")
    admin.leaves(room)
    assert refusal(admin, "POST", f"{ROOMS}/{room}/make_room_admin") == (400, "M_UNKNOWN")


def test_somebody_is_put_into_a_room(admin: Person, alice: Person) -> None:
    room = admin.creates_room(preset="public_chat", room_alias_name="tea")

    answer = admin.post(f"{V1}/join/%23tea:test", {"user_id": alice.user_id})

    assert answer == {"room_id": room}
    assert alice.get("/v3/joined_rooms")["joined_rooms"] == [room]
    closed = admin.creates_room()
    wish = {"user_id": alice.user_id}
    assert refusal(admin, "POST", f"{V1}/join/{closed}", wish) == (403, "M_FORBIDDEN")


def test_extremities_are_shown(admin: Person, alice: Person) -> None:
    room = alice.creates_room()
    newest = alice.sends(room, "newest")
    path = f"{ROOMS}/{room}/forward_extremities"

    answer = admin.get(path)

    assert (answer["count"], answer["results"][0]["event_id"]) == (1, newest)
    assert admin.delete(path) == {"deleted": 0}
