"""Users who are locked, deactivated, suspended or shadow-banned, at the pages and at OAuth 2.0.

Spec: "Account locking" and "Account suspension": the locked are kept out, the suspended may still
sign in. The shadow-banned are to notice nothing.
"""

from urllib.parse import urlencode

import pytest

from tests.authenticator import turns_on
from tests.browser import PASSWORD, App, Browser, person
from tests.homeserver.rooms.test_joining import refusal
from tests.homeserver.users.oauth.test_device_grants import begins, polls
from tests.passkey_device import PasskeyDevice
from tests.people import Server

OUT = pytest.mark.parametrize("flag", ["is_locked", "is_deactivated"])
IN = pytest.mark.parametrize("flag", ["is_suspended", "is_shadow_banned"])
ACCOUNT = "/_isthmus/account"


def set_flag(server: Server, flag: str) -> None:
    accounts, database = server.app.accounts.accounts, server.app.database
    database.write(lambda txn: accounts.change(txn, "@alice:test", **{flag: True}))


@OUT
def test_they_are_not_signed_in(server: Server, browser: Browser, flag: str) -> None:
    set_flag(server, flag)
    other = Browser(server)

    page = other.signs_in()

    assert page.status in (401, 403)
    assert other.opens(ACCOUNT).status == 303


@OUT
def test_nor_by_the_second_step(server: Server, browser: Browser, flag: str) -> None:
    phone = turns_on(browser)
    other = Browser(server)
    page = other.opens(other.signs_in().location)

    set_flag(server, flag)

    assert other.fills(page, code=phone.code()).location.startswith(ACCOUNT + "/sign-in")
    assert other.opens(ACCOUNT).status == 303


@OUT
def test_nor_by_a_passkey(server: Server, browser: Browser, flag: str) -> None:
    phone = PasskeyDevice(server)
    phone.made_in(browser)

    set_flag(server, flag)

    other = Browser(server)
    assert phone.signs_in(other).status in (401, 403)
    assert other.opens(ACCOUNT).status == 303


@OUT
def test_no_app_that_knows_no_oauth_gets_a_token(
    server: Server, browser: Browser, flag: str
) -> None:
    query = urlencode({"redirectUrl": "https://app.example/"})
    page = browser.opens(f"{ACCOUNT}/sso/app?{query}")

    set_flag(server, flag)

    assert "loginToken" not in browser.fills(page).location


@OUT
def test_a_token_from_before_logs_in_no_app(server: Server, browser: Browser, flag: str) -> None:
    query = urlencode({"redirectUrl": "https://app.example/"})
    back = browser.fills(browser.opens(f"{ACCOUNT}/sso/app?{query}")).location
    token = back.partition("loginToken=")[2]

    set_flag(server, flag)

    login = {"type": "m.login.token", "token": token}
    assert refusal(server.anonymous, "POST", "/v3/login", login)[0] in (401, 403)


@OUT
def test_they_get_no_passkey(server: Server, browser: Browser, flag: str) -> None:
    phone = PasskeyDevice(server)
    phone.made_in(browser)
    page = browser.opens(ACCOUNT + "/passkeys")

    set_flag(server, flag)

    assert browser.fills(page, passkey="Mine").location.startswith(ACCOUNT + "/sign-in")


@OUT
def test_they_agree_to_no_app(server: Server, app: App, browser: Browser, flag: str) -> None:
    page = browser.opens(app.url())

    set_flag(server, flag)

    answer = browser.fills(page, decision="yes")
    assert "code=" not in answer.location


@OUT
def test_they_agree_to_no_device(server: Server, app: App, browser: Browser, flag: str) -> None:
    told = begins(app)
    page = browser.fills(browser.opens(told["verification_uri"]), user_code=told["user_code"])

    set_flag(server, flag)

    assert browser.fills(page, decision="yes").status == 303
    assert polls(app, told)["error"] == "authorization_pending"


@OUT
def test_a_device_that_they_agreed_to_before_is_refused(
    server: Server, app: App, browser: Browser, flag: str
) -> None:
    told = begins(app)
    page = browser.fills(browser.opens(told["verification_uri"]), user_code=told["user_code"])
    browser.fills(page, decision="yes")

    set_flag(server, flag)

    assert polls(app, told)["error"] == "invalid_grant"


@OUT
def test_they_renew_no_tokens(server: Server, app: App, browser: Browser, flag: str) -> None:
    tokens = app.signs_in(browser)

    set_flag(server, flag)

    status, answer = app.asks_for_token("refresh_token", refresh_token=tokens["refresh_token"])
    assert (status, answer["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("path", ["/v3/account/password", "/v3/account/deactivate"])
def test_the_locked_change_nothing_by_their_password(
    server: Server, browser: Browser, path: str
) -> None:
    set_flag(server, "is_locked")
    auth = {"type": "m.login.password", "user": "alice", "password": PASSWORD}

    refused = refusal(server.anonymous, "POST", path, {"new_password": "a new one", "auth": auth})

    assert refused == (401, "M_USER_LOCKED")


@IN
def test_the_others_go_through_every_page(
    server: Server, app: App, browser: Browser, flag: str
) -> None:
    phone = PasskeyDevice(server)
    phone.made_in(browser)
    set_flag(server, flag)

    assert phone.signs_in(Browser(server)).location == ACCOUNT
    query = urlencode({"redirectUrl": "https://app.example/"})
    old_app = browser.opens(f"{ACCOUNT}/sso/app?{query}")
    assert "loginToken=" in browser.fills(old_app).location
    tokens = app.signs_in(browser)
    assert person(server, tokens).get("/v3/account/whoami")["device_id"] == "PHONE"
    told = begins(app)
    page = browser.fills(browser.opens(told["verification_uri"]), user_code=told["user_code"])
    browser.fills(page, decision="yes")
    assert "access_token" in polls(app, told)
    renewed = app.asks_for_token("refresh_token", refresh_token=tokens["refresh_token"])
    assert renewed[0] == 200
