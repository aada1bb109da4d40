"""Guests, and administrators whose account was closed, at every door."""

from collections.abc import Callable

import pytest

from homeserver.config.accounts import Registration
from tests.browser import BASE, Browser
from tests.homeserver.rooms.test_joining import refusal
from tests.outcomes import outcome
from tests.people import Person, Server

GUEST_DOORS = [
    ("GET", "/_synapse/admin/v1/rooms", None),
    ("GET", "/_isthmus/admin/v1/actions", None),
    ("POST", "/v1/login/get_token", {}),
    ("POST", "/v3/delete_devices", {"devices": ["X"]}),
    ("GET", "/v3/account/3pid", None),
    ("POST", "/v3/user_directory/search", {"search_term": "a"}),
    ("POST", "/v3/publicRooms", {}),
]

# These ask for a proof, which guests do not have.
PROOF_DOORS = [
    ("/v3/account/password", {"new_password": "another battery"}),
    ("/v3/account/deactivate", {}),
]


def test_guests_come_through_no_door_but_their_own(start_server: Callable[..., Server]) -> None:
    server = start_server(
        public_baseurl=BASE, registration=Registration(enabled=True, guests_enabled=True)
    )
    answer = server.anonymous.post("/v3/register", {}, kind="guest")
    name = answer["user_id"].partition(":")[0].removeprefix("@")
    guest = Person(server, name, answer["access_token"], answer["device_id"])
    assert guest.get("/v3/account/whoami")["is_guest"] is True

    for method, path, body in GUEST_DOORS:
        status, errcode = refusal(guest, method, path, body)
        assert (status, errcode) in ((403, "M_GUEST_ACCESS_FORBIDDEN"), (403, "M_FORBIDDEN")), path
    for path, body in PROOF_DOORS:
        auth = {"type": "m.login.password", "user": guest.user_id, "password": ""}
        for proof in ({}, {"auth": auth}, {"auth": {"type": "m.login.dummy"}}):
            assert refusal(guest, "POST", path, {**body, **proof})[0] in (400, 401, 403), path
    for password in ("", "x", answer["access_token"]):
        assert Browser(server).signs_in(name, password).status == 403
        login = {"type": "m.login.password", "user": name, "password": password}
        assert refusal(server.anonymous, "POST", "/v3/login", login)[0] == 403


ADMIN_DOORS = [
    ("GET", "/_synapse/admin/v1/rooms", None),
    ("POST", "/_synapse/admin/v1/users/@bob:test/login", {}),
    ("POST", "/_synapse/admin/v1/deactivate/@bob:test", {}),
    ("PUT", "/_matrix/client/v1/admin/lock/@bob:test", {"locked": True}),
    ("POST", "/_isthmus/admin/v1/users/@bob:test/export", {}),
    ("DELETE", "/_isthmus/admin/v1/users/@bob:test/second_factor", None),
]


@pytest.mark.parametrize("flag", ["is_locked", "is_deactivated"])
def test_no_door_of_administrators_opens(server: Server, flag: str) -> None:
    admin, bob = server.people("admin", "bob")
    accounts = server.app.accounts.accounts
    outcome(accounts.make_admin(admin.user_id, True))
    if flag == "is_locked":
        outcome(accounts.lock(admin.user_id, True))
    else:
        outcome(server.app.accounts.deactivation.deactivate(admin.user_id, erase=False))

    for method, path, body in ADMIN_DOORS:
        assert refusal(admin, method, path, body)[0] == 401, path

    assert bob.get("/v3/account/whoami")["user_id"] == bob.user_id
