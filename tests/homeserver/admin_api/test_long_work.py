"""Rooms are deleted, what users said is redacted: work that takes long, and how far it is."""

import pytest

from tests.homeserver.rooms.test_joining import refusal
from tests.outcomes import outcome
from tests.people import Person, Server

V1, V2 = "/_synapse/admin/v1", "/_synapse/admin/v2"


def test_a_room_ends_and_nothing_is_left_of_it(
    server: Server, admin: Person, alice: Person
) -> None:
    room = alice.creates_room(preset="public_chat", room_alias_name="tea")
    alice.sends(room, "something")
    alice.syncs()

    delete_id = admin.ask("DELETE", f"{V2}/rooms/{room}", {"block": True}).json()["delete_id"]

    status = admin.get(f"{V2}/rooms/delete_status/{delete_id}")
    assert status["status"] == "active"
    assert room in alice.syncs().body["rooms"]["leave"]
    server.clock.advance(3)
    status = admin.get(f"{V2}/rooms/delete_status/{delete_id}")
    assert status == {
        "delete_id": delete_id,
        "room_id": room,
        "status": "complete",
        "shutdown_room": {
            "kicked_users": [alice.user_id],
            "failed_to_kick_users": [],
            "local_aliases": ["#tea:test"],
            "new_room_id": None,
        },
    }
    assert admin.get(f"{V2}/rooms/{room}/delete_status")["results"] == [status]
    assert refusal(admin, "GET", f"{V1}/rooms/{room}") == (404, "M_NOT_FOUND")
    assert refusal(alice, "POST", f"/v3/join/{room}") == (403, "M_FORBIDDEN")
    assert refusal(alice, "GET", f"/v3/rooms/{room}/messages?dir=b") == (403, "M_FORBIDDEN")
    assert alice.syncs(full_state=True).room(room) == {}


def test_users_are_led_to_a_new_room(server: Server, admin: Person, alice: Person) -> None:
    room = alice.creates_room()
    wish = {"new_room_user_id": admin.user_id, "room_name": "Gone", "message": "It is over."}

    deleting = admin.ask("DELETE", f"{V1}/rooms/{room}", wish)
    server.clock.advance(3)
    answer = deleting.json()

    assert (answer["kicked_users"], answer["failed_to_kick_users"]) == ([alice.user_id], [])
    new = answer["new_room_id"]
    assert alice.get("/v3/joined_rooms")["joined_rooms"] == [new]
    assert alice.state(new, "m.room.name") == {"name": "Gone"}
    assert "It is over." in alice.syncs().texts(new)


def test_without_purge_former_members_may_still_read(admin: Person, alice: Person) -> None:
    room = alice.creates_room()
    event_id = alice.sends(room, "kept")

    admin.delete(f"{V1}/rooms/{room}", {"purge": False})

    assert alice.get(f"/v3/rooms/{room}/event/{event_id}")["content"]["body"] == "kept"
    assert alice.get("/v3/joined_rooms")["joined_rooms"] == []


def test_what_was_begun_goes_on_after_a_restart(
    server: Server, admin: Person, alice: Person
) -> None:
    room = alice.creates_room()
    delete_id = admin.ask("DELETE", f"{V2}/rooms/{room}", {}).json()["delete_id"]
    server.stop()
    again = Server(server.settings)

    outcome(again.app.administration.start())
    again.clock.advance(3)

    admin.server = again
    assert admin.get(f"{V2}/rooms/delete_status/{delete_id}")["status"] == "complete"
    assert refusal(admin, "GET", f"{V1}/rooms/{room}") == (404, "M_NOT_FOUND")
    again.stop()


def test_only_rooms_are_deleted_and_only_known_work_is_told_of(admin: Person) -> None:
    assert refusal(admin, "DELETE", f"{V2}/rooms/tea") == (400, "M_INVALID_PARAM")
    assert refusal(admin, "GET", f"{V2}/rooms/delete_status/x") == (404, "M_NOT_FOUND")
    assert refusal(admin, "GET", f"{V1}/user/redact_status/x") == (404, "M_NOT_FOUND")
    wish = {"new_room_user_id": "@nobody:test"}
    assert refusal(admin, "DELETE", f"{V2}/rooms/!a:test", wish) == (400, "M_INVALID_PARAM")


@pytest.mark.parametrize("rooms", [True, False])
def test_what_somebody_said_is_redacted(admin: Person, alice: Person, rooms: bool) -> None:
    room = alice.creates_room(preset="public_chat")
    admin.joins(room)
    bad = [alice.sends(room, text) for text in ("a", "b", "c")]
    kept = admin.sends(room, "d")
    body = {"rooms": [room] if rooms else [], "reason": "spam"}

    redact_id = admin.post(f"{V1}/user/{alice.user_id}/redact", body)["redact_id"]

    status = admin.get(f"{V1}/user/redact_status/{redact_id}")
    assert status == {"status": "complete", "failed_redactions": {}, "total_redactions": 3}
    for event_id in bad:
        shown = admin.get(f"/v3/rooms/{room}/event/{event_id}")
        assert shown["content"] == {}
        assert shown["unsigned"]["redacted_because"]["content"]["reason"] == "spam"
    assert admin.get(f"/v3/rooms/{room}/event/{kept}")["content"]["body"] == "d"


def test_redactions_can_be_bounded_and_fail(admin: Person, alice: Person) -> None:
    room = alice.creates_room()
    first, last = alice.sends(room, "a"), alice.sends(room, "b")
    path = f"{V1}/user/{alice.user_id}/redact"

    redact_id = admin.post(path, {"rooms": [room], "limit": 1})["redact_id"]
    assert admin.get(f"{V1}/user/redact_status/{redact_id}")["total_redactions"] == 1
    assert alice.get(f"/v3/rooms/{room}/event/{last}")["content"] == {}
    assert alice.get(f"/v3/rooms/{room}/event/{first}")["content"]["body"] == "a"

    redact_id = admin.post(path, {"rooms": [room], "use_admin": True})["redact_id"]
    status = admin.get(f"{V1}/user/redact_status/{redact_id}")
    assert list(status["failed_redactions"]) == [first]
    assert refusal(admin, "POST", path, {"limit": 0}) == (400, "M_INVALID_PARAM")
