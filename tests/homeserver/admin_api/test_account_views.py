"""What belongs to an account: rooms and pushers."""

from tests.people import Person


def test_rooms_and_pushers_of_somebody(admin: Person, alice: Person) -> None:
    room = alice.creates_room()
    alice.post(
        "/v3/pushers/set",
        {
            "kind": "http",
            "app_id": "app",
            "pushkey": "key",
            "app_display_name": "App",
            "device_display_name": "Phone",
            "lang": "en",
            "data": {"url": "https://push.example.org/_matrix/push/v1/notify"},
        },
    )
    user = f"/_synapse/admin/v1/users/{alice.user_id}"

    assert admin.get(f"{user}/joined_rooms") == {"joined_rooms": [room], "total": 1}
    assert admin.get(f"{user}/memberships") == {"memberships": {room: "join"}}
    pushers = admin.get(f"{user}/pushers")
    assert (pushers["total"], pushers["pushers"][0]["app_id"]) == (1, "app")
