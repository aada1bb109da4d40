"""An account with a second factor is not entered by a password alone, through any door.

Each door is tried with everything right but the second factor.
"""

import hmac
from collections.abc import Callable
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.authenticator import turns_on
from tests.browser import BASE, PASSWORD, App, Browser, person
from tests.conftest import SHARED_SECRET
from tests.homeserver.accounts_web.conftest import Locks, app, browser, locks, server
from tests.outcomes import outcome
from tests.people import Person, Refused, Server

__all__ = ["app", "browser", "locks", "server"]

BY_PASSWORD = {"type": "m.login.password", "user": "alice", "password": PASSWORD}
ASKED = "second factor"


def refusal(ask: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as refused:
        ask()
    return refused.value


def test_a_password_login_names_the_way_through_the_browser(
    server: Server, browser: Browser, locks: Locks
) -> None:
    locks(browser)

    refused = refusal(lambda: server.anonymous.post("/v3/login", BY_PASSWORD))

    assert (refused.status, refused.errcode) == (403, "M_FORBIDDEN")
    assert ASKED in refused.body["error"]
    assert BASE + "/_isthmus/account" in refused.body["error"]


def test_only_who_knows_the_password_hears_of_the_second_factor(
    server: Server, browser: Browser, locks: Locks
) -> None:
    locks(browser)

    wrong = {**BY_PASSWORD, "password": "guess"}
    refused = refusal(lambda: server.anonymous.post("/v3/login", wrong))

    assert refused.body["error"] == "The user name or the password is wrong."


UIA_DOORS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/v1/login/get_token", {}),
    ("POST", "/v3/account/password", {"new_password": "another battery"}),
    ("POST", "/v3/account/deactivate", {}),
    ("POST", "/v3/delete_devices", {"devices": ["FIRST"]}),
    ("DELETE", "/v3/devices/FIRST", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), UIA_DOORS)
def test_interactive_authentication_takes_no_password_alone(
    server: Server, browser: Browser, method: str, path: str, body: dict[str, Any], locks: Locks
) -> None:
    alice = person_with_session(server)
    locks(browser)
    auth = {**BY_PASSWORD, "session": None}

    ask = alice.ask(method, path, {**body, "auth": {k: v for k, v in auth.items() if v}})
    refused = refusal(ask.json)

    assert refused.status == 401
    assert ASKED in refused.body["error"]
    assert Browser(server).signs_in().status == 303
    assert alice.get("/v3/devices/FIRST")["device_id"] == "FIRST"


@pytest.mark.parametrize("path", ["/v3/account/password", "/v3/account/deactivate"])
def test_nor_where_nobody_is_logged_in(
    server: Server, browser: Browser, path: str, locks: Locks
) -> None:
    locks(browser)

    body = {"new_password": "another battery", "auth": BY_PASSWORD}
    refused = refusal(lambda: server.anonymous.post(path, body))

    assert refused.status == 401
    assert ASKED in refused.body["error"]


def test_new_cross_signing_keys_are_asked_for_in_the_browser(
    server: Server, browser: Browser, locks: Locks
) -> None:
    alice = person_with_session(server)
    locks(browser)
    keys = {"master_key": master_key("A")}
    alice.post("/v3/keys/device_signing/upload", keys)

    other = {"master_key": master_key("B"), "auth": BY_PASSWORD}
    refused = refusal(lambda: alice.post("/v3/keys/device_signing/upload", other))

    assert [flow["stages"] for flow in refused.body["flows"]] == [
        ["m.oauth"],
        ["org.matrix.cross_signing_reset"],
        ["m.login.sso"],
    ]


def test_a_login_token_from_before_opens_nothing(
    server: Server, browser: Browser, locks: Locks
) -> None:
    alice = person_with_session(server)
    token = alice.post("/v1/login/get_token", {"auth": BY_PASSWORD})["login_token"]
    locks(browser)

    login = {"type": "m.login.token", "token": token}

    assert refusal(lambda: server.anonymous.post("/v3/login", login)).status == 403


@pytest.fixture
def bot(start_server: Callable[..., Server], tmp_path: Path) -> Person:
    """An application service that may speak for everybody; alice has made her account herself."""
    everybody = [{"exclusive": False, "regex": "@.*"}]
    service = {
        "id": "bot",
        "url": None,
        "as_token": "as-secret",
        "hs_token": "hs-secret",
        "sender_localpart": "_bot",
        "namespaces": {"users": everybody, "aliases": [], "rooms": []},
    }
    path = tmp_path / "bot.yaml"
    path.write_text(yaml.safe_dump(service))
    server = start_server(public_baseurl=BASE, appservice_config_files=(path,))
    outcome(server.app.accounts.start())
    server.person("alice")
    return Person(server, "_bot", "as-secret")


def test_an_application_service_logs_nobody_in_without_it(bot: Person, locks: Locks) -> None:
    browser = Browser(bot.server)
    browser.signs_in()
    login = {"type": "m.login.application_service", "user": "alice"}
    assert bot.post("/v3/login", login)["user_id"] == "@alice:test"
    locks(browser)

    assert ASKED in refusal(lambda: bot.post("/v3/login", login)).body["error"]


def test_nor_does_it_speak_for_anybody_but_its_own(bot: Person, locks: Locks) -> None:
    """Also where it did a moment ago; whom it has made, it speaks for."""
    browser = Browser(bot.server)
    browser.signs_in()
    ghost = {"type": "m.login.application_service", "username": "ghost", "inhibit_login": True}
    bot.post("/v3/register", ghost)

    def asks_as(name: str) -> str:
        return str(bot.get("/v3/account/whoami", user_id=f"@{name}:test")["user_id"])

    assert asks_as("alice") == "@alice:test"
    locks(browser)

    refused = refusal(lambda: asks_as("alice"))
    assert (refused.status, refused.errcode) == (403, "M_FORBIDDEN")
    assert ASKED in refused.body["error"]
    keys = {"master_key": master_key("A")}
    upload = bot.ask("POST", "/v3/keys/device_signing/upload", keys, user_id="@alice:test")
    assert refusal(upload.json).status == 403
    assert [asks_as("ghost"), asks_as("_bot")] == ["@ghost:test", "@_bot:test"]


def test_codes_and_devices_agreed_to_before_open_nothing(
    server: Server, app: App, browser: Browser
) -> None:
    code = app.gets_code(browser)
    turns_on(browser)

    assert app.exchanges(code)[1]["error"] == "invalid_grant"


def test_other_browsers_are_signed_out(server: Server, browser: Browser, locks: Locks) -> None:
    other = Browser(server)
    other.signs_in()

    locks(browser)

    assert other.opens("/_isthmus/account").status == 303
    assert browser.opens("/_isthmus/account").status == 200


def test_the_shared_secret_makes_accounts_and_opens_none(
    server: Server, browser: Browser, locks: Locks
) -> None:
    locks(browser)
    path = "/_synapse/admin/v1/register"
    nonce = server.anonymous.get(path)["nonce"]
    signed = "\0".join([nonce, "alice", PASSWORD, "admin"]).encode()
    mac = hmac.new(SHARED_SECRET.encode(), signed, sha1).hexdigest()
    wish = {"nonce": nonce, "username": "alice", "password": PASSWORD, "admin": True, "mac": mac}

    assert refusal(lambda: server.anonymous.post(path, wish)).errcode == "M_USER_IN_USE"


def test_registering_the_name_again_opens_nothing(
    server: Server, browser: Browser, locks: Locks
) -> None:
    locks(browser)

    refused = refusal(lambda: Person(server, "alice").registers(PASSWORD))

    assert refused.errcode == "M_USER_IN_USE"


def test_a_refresh_opens_no_more_than_its_own_login(
    server: Server, app: App, browser: Browser, locks: Locks
) -> None:
    """Who was logged in stays so; the token is no way to another login, and replays end it."""
    tokens = app.signs_in(browser)
    locks(browser)

    status, renewed = app.asks_for_token("refresh_token", refresh_token=tokens["refresh_token"])

    assert status == 200
    assert person(server, renewed).get("/v3/account/whoami")["device_id"] == "PHONE"
    with pytest.raises(Refused):
        server.anonymous.post("/v3/refresh", {"refresh_token": renewed["refresh_token"]})


def test_an_app_gets_in_through_both_steps(
    server: Server, app: App, browser: Browser, locks: Locks
) -> None:
    locks(browser)

    tokens = app.signs_in(browser)

    assert person(server, tokens).get("/v3/account/whoami")["user_id"] == "@alice:test"


def test_a_secret_that_was_never_confirmed_changes_nothing(
    server: Server, browser: Browser
) -> None:
    page = browser.opens("/_isthmus/account/two-steps")
    browser.fills(page, password=PASSWORD, decision="begin")

    assert server.anonymous.post("/v3/login", BY_PASSWORD)["user_id"] == "@alice:test"


def person_with_session(server: Server) -> Person:
    answer = server.anonymous.post("/v3/login", {**BY_PASSWORD, "device_id": "LEGACY"})
    return Person(server, "alice", answer["access_token"], "LEGACY")


def master_key(letter: str) -> dict[str, object]:
    key = letter * 42 + "A"
    return {"keys": {f"ed25519:{key}": key}, "usage": ["master"], "user_id": "@alice:test"}
