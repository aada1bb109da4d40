"""Administrators speak as somebody else."""

from tests.homeserver.rooms.test_joining import refusal
from tests.people import Person, Server

LOGIN = "/_synapse/admin/v1/users/{}/login"


def speaks_as(admin: Person, other: Person, **wish: int) -> Person:
    token = admin.post(LOGIN.format(other.user_id), wish)["access_token"]
    return Person(other.server, other.name, token)


def test_an_administrator_sees_what_the_user_sees(admin: Person, alice: Person) -> None:
    room = alice.creates_room()
    devices = alice.get("/v3/devices")

    puppet = speaks_as(admin, alice)

    assert puppet.get("/v3/account/whoami") == {"user_id": alice.user_id, "is_guest": False}
    event_id = puppet.sends(room, "hello")
    assert alice.get(f"/v3/rooms/{room}/event/{event_id}")["sender"] == alice.user_id
    assert puppet.syncs().texts(room) == ["hello"]
    assert alice.get("/v3/devices") == devices
    assert refusal(puppet, "GET", "/_synapse/admin/v1/rooms") == (403, "M_FORBIDDEN")


def test_it_ends_when_it_was_to_end(server: Server, admin: Person, alice: Person) -> None:
    puppet = speaks_as(admin, alice, valid_until_ms=server.clock.now_ms() + 60_000)
    assert puppet.get("/v3/joined_rooms")
    server.clock.advance(61)
    assert refusal(puppet, "GET", "/v3/joined_rooms")[1] == "M_UNKNOWN_TOKEN"


def test_it_ends_by_logging_out_and_the_device_of_the_user_stays(
    admin: Person, alice: Person
) -> None:
    puppet = speaks_as(admin, alice)
    puppet.post("/v3/logout")
    assert refusal(puppet, "GET", "/v3/joined_rooms")[1] == "M_UNKNOWN_TOKEN"
    assert alice.get("/v3/account/whoami")["device_id"] == alice.device_id

    puppet = speaks_as(admin, alice)
    alice.post("/v3/logout/all")
    assert refusal(puppet, "GET", "/v3/joined_rooms")[1] == "M_UNKNOWN_TOKEN"


def test_nobody_speaks_for_the_closed_accounts(server: Server, admin: Person) -> None:
    bob, carol = server.people("bob", "carol")
    puppet = speaks_as(admin, bob)
    admin.post(f"/_synapse/admin/v1/deactivate/{bob.user_id}", {})
    admin.put(f"/_matrix/client/v1/admin/lock/{carol.user_id}", {"locked": True})

    assert refusal(puppet, "GET", "/v3/joined_rooms")[1] == "M_UNKNOWN_TOKEN"
    assert refusal(admin, "POST", LOGIN.format(bob.user_id), {}) == (403, "M_USER_DEACTIVATED")
    assert refusal(admin, "POST", LOGIN.format(carol.user_id), {}) == (401, "M_USER_LOCKED")
    assert refusal(admin, "POST", LOGIN.format(admin.user_id), {})[0] == 400
    assert refusal(admin, "POST", LOGIN.format("@nobody:test"), {}) == (404, "M_NOT_FOUND")
    past = {"valid_until_ms": 1}
    assert refusal(admin, "POST", LOGIN.format(carol.user_id), past) == (400, "M_INVALID_PARAM")
