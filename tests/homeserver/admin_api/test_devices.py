"""The devices of users."""

from tests.homeserver.rooms.test_joining import refusal
from tests.people import Person


def test_devices_are_made_renamed_and_deleted(admin: Person, alice: Person) -> None:
    path = f"/_synapse/admin/v2/users/{alice.user_id}/devices"
    assert admin.ask("POST", path, {"device_id": "NEW"}).raw()[0] == 201
    admin.put(f"{path}/NEW", {"display_name": "A bot"})

    answer = admin.get(path)

    assert answer["total"] == 2
    assert {it["device_id"] for it in answer["devices"]} == {"NEW", alice.device_id}
    assert admin.get(f"{path}/NEW")["display_name"] == "A bot"
    assert admin.get(f"{path}/NEW")["user_id"] == alice.user_id
    admin.delete(f"{path}/NEW")
    assert refusal(admin, "GET", f"{path}/NEW") == (404, "M_NOT_FOUND")


def test_deleted_devices_are_logged_out(admin: Person, alice: Person) -> None:
    path = f"/_synapse/admin/v2/users/{alice.user_id}/delete_devices"
    admin.post(path, {"devices": [alice.device_id]})

    assert refusal(alice, "GET", "/v3/account/whoami") == (401, "M_UNKNOWN_TOKEN")


def test_unknown_users_have_no_devices(admin: Person) -> None:
    path = "/_synapse/admin/v2/users/@nobody:test/devices"
    assert refusal(admin, "GET", path) == (404, "M_NOT_FOUND")
