"""Accounts with a second factor, and what administrators do to them."""

from collections.abc import Callable

import pytest

from tests.authenticator import turns_on
from tests.browser import PASSWORD, App, Browser, person
from tests.homeserver.accounts_web.conftest import Locks, app, browser, locks, server
from tests.homeserver.devices.crypto import Identity
from tests.homeserver.devices.test_cross_signing import UPLOAD
from tests.homeserver.rooms.test_joining import refusal
from tests.people import Person, Server

__all__ = ["app", "browser", "locks", "server"]

NEW = "another battery"
ALICE = "@alice:test"
V1, V2 = "/_synapse/admin/v1", "/_synapse/admin/v2"
SECOND_FACTOR = f"/_isthmus/admin/v1/users/{ALICE}/second_factor"
STEP, ACCOUNT = "/_isthmus/account/second-step", "/_isthmus/account"


def password_login(password: str) -> dict[str, str]:
    return {"type": "m.login.password", "user": "alice", "password": password}


def opens_nothing(server: Server, password: str) -> None:
    """Neither at the API, nor on the pages, which ask for the second step."""
    for body in (password_login(password), {**password_login(password), "device_id": "MADE"}):
        assert refusal(server.anonymous, "POST", "/v3/login", body) == (403, "M_FORBIDDEN")
    half = Browser(server)
    assert half.signs_in("alice", password).location.startswith(STEP)
    assert half.opens(ACCOUNT).status == 303


RESETS: list[Callable[[Person], object]] = [
    lambda admin: admin.post(f"{V1}/reset_password/{ALICE}", {"new_password": NEW}),
    lambda admin: admin.post(
        f"{V1}/reset_password/{ALICE}", {"new_password": NEW, "logout_devices": False}
    ),
    lambda admin: admin.put(f"{V2}/users/{ALICE}", {"password": NEW}),
    lambda admin: admin.put(f"{V2}/users/{ALICE}", {"password": NEW, "deactivated": False}),
]


@pytest.mark.parametrize("reset", RESETS, ids=["v1", "v1 keeping devices", "v2", "v2 active"])
def test_a_password_from_an_administrator_is_still_one_step_of_two(
    server: Server, admin: Person, browser: Browser, reset: Callable[[Person], object]
) -> None:
    phone = turns_on(browser)

    reset(admin)

    opens_nothing(server, NEW)
    assert browser.opens(ACCOUNT).status == 303
    page = browser.opens(browser.signs_in("alice", NEW).location)
    assert browser.fills(page, code=phone.code()).location == ACCOUNT


def test_a_device_that_an_administrator_made_lets_nobody_in(
    server: Server, admin: Person, browser: Browser, locks: Locks
) -> None:
    locks(browser)

    assert admin.post(f"{V2}/users/{ALICE}/devices", {"device_id": "MADE"}) == {}

    opens_nothing(server, PASSWORD)


def test_an_administrator_does_not_speak_as_who_has_two_steps(
    server: Server, admin: Person, browser: Browser, locks: Locks
) -> None:
    path = f"{V1}/users/{ALICE}/login"
    puppet = Person(server, "alice", admin.post(path)["access_token"])
    assert puppet.get("/v3/account/whoami")["user_id"] == ALICE

    locks(browser)

    assert refusal(puppet, "GET", "/v3/account/whoami") == (401, "M_UNKNOWN_TOKEN")
    assert refusal(admin, "POST", path, {}) == (403, "M_FORBIDDEN")


@pytest.mark.parametrize("flag", ["admin", "locked", "suspended"])
def test_changed_rights_open_no_door(
    server: Server, admin: Person, browser: Browser, flag: str, locks: Locks
) -> None:
    locks(browser)

    for value in (True, False):
        admin.put(f"{V2}/users/{ALICE}", {flag: value})

    opens_nothing(server, PASSWORD)


def test_the_window_for_new_keys_is_for_who_is_signed_in_and_closes(
    server: Server, app: App, admin: Person, browser: Browser, locks: Locks
) -> None:
    locks(browser)
    alice = person(server, app.signs_in(browser))
    Identity(alice).uploads()
    assert refusal(alice, "POST", UPLOAD, Identity(alice).bodies())[0] == 401

    admin.post(f"{V1}/users/{ALICE}/_allow_cross_signing_replacement_without_uia")

    Identity(alice).uploads()
    opens_nothing(server, PASSWORD)
    server.clock.advance(601)
    auth = password_login(PASSWORD)
    body = {**Identity(alice).bodies(), "auth": auth}
    assert refusal(alice, "POST", UPLOAD, body)[0] == 401


def test_half_a_sign_in_agrees_to_no_new_keys(
    server: Server, app: App, browser: Browser, locks: Locks
) -> None:
    locks(browser)
    alice = person(server, app.signs_in(browser))
    Identity(alice).uploads()
    half = Browser(server)
    half.signs_in()

    page = half.opens("/_isthmus/account/cross-signing")

    assert page.status == 303
    body = {**Identity(alice).bodies(), "auth": {"type": "m.oauth"}}
    assert refusal(alice, "POST", UPLOAD, body)[0] == 401


def test_an_administrator_removes_what_was_lost_and_it_is_written_down(
    server: Server, admin: Person, browser: Browser, locks: Locks
) -> None:
    locks(browser)

    assert admin.delete(SECOND_FACTOR) == {}

    assert server.anonymous.post("/v3/login", password_login(PASSWORD))["user_id"] == ALICE
    assert Browser(server).signs_in().location == ACCOUNT
    newest = admin.get("/_isthmus/admin/v1/actions")["actions"][0]
    assert (newest["admin"], newest["method"]) == (admin.user_id, "DELETE")
    assert newest["path"] == SECOND_FACTOR
    assert len(turns_on(browser).recovery_codes) == 10


def test_nobody_else_removes_it(
    server: Server, admin: Person, app: App, browser: Browser, locks: Locks
) -> None:
    locks(browser)
    alice = person(server, app.signs_in(browser))

    assert refusal(alice, "DELETE", SECOND_FACTOR) == (403, "M_FORBIDDEN")
    nobody = SECOND_FACTOR.replace("alice", "nobody")
    assert refusal(admin, "DELETE", nobody) == (404, "M_NOT_FOUND")

    opens_nothing(server, PASSWORD)
