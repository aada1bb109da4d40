"""Codes are exchanged once, by who asked for them; stolen ones cost the thief the login."""

import pytest

from tests.browser import App, Browser, person
from tests.people import Refused, Server

HOUR = 3600


def test_an_app_gets_a_login_on_the_device_that_it_chose(
    server: Server, app: App, browser: Browser
) -> None:
    tokens = app.signs_in(browser)

    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == HOUR
    assert tokens["scope"] == "urn:matrix:client:api:* urn:matrix:client:device:PHONE"
    alice = person(server, tokens)
    assert alice.get("/v3/account/whoami")["device_id"] == "PHONE"
    assert alice.get("/v3/devices/PHONE")["display_name"] == "Example app"


def test_the_older_spelling_of_scopes_is_granted_as_it_was_asked(
    server: Server, app: App, browser: Browser
) -> None:
    older = "urn:matrix:org.matrix.msc2967.client:"

    tokens = app.signs_in(browser, scope=f"openid {older}api:* {older}device:OLDSTYLE")

    assert tokens["scope"] == f"{older}api:* {older}device:OLDSTYLE"
    assert person(server, tokens).get("/v3/account/whoami")["device_id"] == "OLDSTYLE"


def test_a_code_that_comes_twice_ends_what_it_gave(
    server: Server, app: App, browser: Browser
) -> None:
    code = app.gets_code(browser)
    _, tokens = app.exchanges(code)

    status, answer = app.exchanges(code)

    assert (status, answer["error"]) == (400, "invalid_grant")
    with pytest.raises(Refused, match="M_UNKNOWN_TOKEN"):
        person(server, tokens).get("/v3/account/whoami")
    assert app.asks_for_token("refresh_token", refresh_token=tokens["refresh_token"])[0] == 400


def test_a_stolen_code_is_worth_nothing_without_the_verifier(app: App, browser: Browser) -> None:
    code = app.gets_code(browser)

    for change in (
        {"code_verifier": "w" * 43},
        {"code_verifier": "short"},
        {"redirect_uri": "https://example.com/other"},
        {"code": "ic_guess"},
    ):
        status, answer = app.exchanges(**{"code": code, **change})
        assert (status, answer["error"]) == (400, "invalid_grant"), change
    assert app.exchanges(code)[0] == 200


def test_a_code_belongs_to_the_app_that_asked(server: Server, app: App, browser: Browser) -> None:
    code = app.gets_code(browser)
    other = App(server)
    other.registers(client_name="Another app")

    assert other.exchanges(code)[1]["error"] == "invalid_grant"
    assert app.exchanges(code)[0] == 200


def test_a_code_lasts_two_minutes(server: Server, app: App, browser: Browser) -> None:
    code = app.gets_code(browser)

    server.clock.advance(121)

    assert app.exchanges(code)[1]["error"] == "invalid_grant"


@pytest.mark.parametrize("field", ["is_locked", "is_deactivated"])
def test_a_code_opens_no_account_that_was_closed_meanwhile(
    server: Server, app: App, browser: Browser, field: str
) -> None:
    code = app.gets_code(browser)
    accounts, database = server.app.accounts.accounts, server.app.database

    database.write(lambda txn: accounts.change(txn, "@alice:test", **{field: True}))

    assert app.exchanges(code)[1]["error"] == "invalid_grant"


def test_a_refresh_renews_both_tokens(server: Server, app: App, browser: Browser) -> None:
    first = app.signs_in(browser)

    status, second = app.asks_for_token("refresh_token", refresh_token=first["refresh_token"])

    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert person(server, second).get("/v3/account/whoami")["device_id"] == "PHONE"
    with pytest.raises(Refused, match="M_UNKNOWN_TOKEN"):
        person(server, first).get("/v3/account/whoami")


def test_a_refresh_whose_answer_was_lost_can_be_repeated(app: App, browser: Browser) -> None:
    token = app.signs_in(browser)["refresh_token"]

    assert app.asks_for_token("refresh_token", refresh_token=token)[0] == 200
    assert app.asks_for_token("refresh_token", refresh_token=token)[0] == 200


def test_a_replayed_refresh_token_ends_the_whole_login(
    server: Server, app: App, browser: Browser
) -> None:
    first = app.signs_in(browser)
    _, second = app.asks_for_token("refresh_token", refresh_token=first["refresh_token"])
    person(server, second).get("/v3/account/whoami")

    status, answer = app.asks_for_token("refresh_token", refresh_token=first["refresh_token"])

    assert (status, answer["error"]) == (400, "invalid_grant")
    with pytest.raises(Refused, match="M_UNKNOWN_TOKEN"):
        person(server, second).get("/v3/account/whoami")
    assert app.asks_for_token("refresh_token", refresh_token=second["refresh_token"])[0] == 400


def test_a_refresh_token_is_good_for_its_app_and_its_api_alone(
    server: Server, app: App, browser: Browser
) -> None:
    token = app.signs_in(browser)["refresh_token"]
    other = App(server)
    other.registers(client_name="Another app")

    assert other.asks_for_token("refresh_token", refresh_token=token)[0] == 400
    with pytest.raises(Refused, match="M_UNKNOWN_TOKEN"):
        server.anonymous.post("/v3/refresh", {"refresh_token": token})
    legacy = server.anonymous.post(
        "/v3/login",
        {
            "type": "m.login.password",
            "user": "alice",
            "password": "correct horse battery",
            "refresh_token": True,
        },
    )
    assert app.asks_for_token("refresh_token", refresh_token=legacy["refresh_token"])[0] == 400
    assert app.asks_for_token("refresh_token", refresh_token=token)[0] == 200


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_the_login_and_its_device(
    server: Server, app: App, browser: Browser, kind: str
) -> None:
    tokens = app.signs_in(browser)

    assert app.asks("/_isthmus/oauth/revoke", f"token={tokens[kind]}".encode()) == (200, {})

    with pytest.raises(Refused, match="M_UNKNOWN_TOKEN"):
        person(server, tokens).get("/v3/account/whoami")
    assert app.asks_for_token("refresh_token", refresh_token=tokens["refresh_token"])[0] == 400
    assert app.asks("/_isthmus/oauth/revoke", b"token=unknown") == (200, {})


def test_requests_without_sense_are_refused_with_reasons(app: App) -> None:
    form = f"client_id={app.client_id}&grant_type="
    for body, error in (
        (b"", "invalid_request"),
        (b"client_id=nobody&grant_type=refresh_token", "invalid_client"),
        (f"{form}password".encode(), "unsupported_grant_type"),
        (f"{form}refresh_token".encode(), "invalid_request"),
        (f"{form}refresh_token&grant_type=x".encode(), "invalid_request"),
        (f"{form}refresh_token&refresh_token=%00".encode(), "invalid_request"),
        ("grant_type=é".encode(), "invalid_request"),
    ):
        status, answer = app.asks("/_isthmus/oauth/token", body)
        assert answer["error"] == error, body
        assert status == (401 if error == "invalid_client" else 400)
