"""What belongs to an account: rooms and pushers."""

from tests.homeserver.rooms.test_joining import refusal
from tests.people import Person, Server


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


def test_how_busy_somebody_was(server: Server, admin: Person, alice: Person) -> None:
    room, (bob,) = alice.creates_room(), server.people("bob")
    alice.invites(room, bob)
    bob.joins(room)
    bob.leaves(room)
    user = "/_synapse/admin/v1/users"
    now = server.clock.now_ms()

    invites = f"{user}/{alice.user_id}/sent_invite_count"
    assert admin.get(invites, from_ts=0) == {"invite_count": 1}
    assert admin.get(invites, from_ts=now + 1) == {"invite_count": 0}
    joined = f"{user}/{bob.user_id}/cumulative_joined_room_count"
    assert admin.get(joined, from_ts=0) == {"cumulative_joined_room_count": 1}
    assert refusal(admin, "GET", joined) == (400, "M_MISSING_PARAM")


def test_what_apps_keep_for_somebody(admin: Person, alice: Person) -> None:
    room, own = alice.creates_room(), f"/v3/user/{alice.user_id}"
    alice.put(f"{own}/account_data/org.example", {"a": 1})
    alice.put(f"{own}/rooms/{room}/account_data/org.example", {"b": 2})

    found = admin.get(f"/_synapse/admin/v1/users/{alice.user_id}/accountdata")["account_data"]

    assert found["global"]["org.example"] == {"a": 1}
    assert found["rooms"] == {room: {"org.example": {"b": 2}}}


def test_features_are_for_everybody(admin: Person, alice: Person) -> None:
    path = f"/_synapse/admin/v1/experimental_features/{alice.user_id}"

    assert admin.get(path)["features"]["msc3881"] is True
    assert admin.put(path, {"features": {"msc3881": True, "msc3026": False}}) == {}
    for wish in ({"msc3881": False}, {"msc3026": True}):
        assert refusal(admin, "PUT", path, {"features": wish}) == (400, "M_INVALID_PARAM")
