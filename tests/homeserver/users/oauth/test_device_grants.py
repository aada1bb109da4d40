"""A device without a browser signs in by a code that its user types elsewhere."""

from typing import Any
from urllib.parse import urlencode

from tests.browser import App, Browser, person
from tests.people import Server

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = "urn:matrix:client:api:* urn:matrix:client:device:TV"


def begins(app: App) -> dict[str, Any]:
    form = urlencode({"client_id": app.client_id, "scope": SCOPE})
    status, answer = app.asks("/_isthmus/oauth/device", form.encode())
    assert status == 200
    return answer


def polls(app: App, told: dict[str, Any]) -> dict[str, Any]:
    app.server.clock.advance(5)
    return app.asks_for_token(GRANT, device_code=told["device_code"])[1]


def test_the_device_gets_in_once_its_user_agrees(
    server: Server, app: App, browser: Browser
) -> None:
    told = begins(app)
    assert polls(app, told)["error"] == "authorization_pending"

    page = browser.fills(browser.opens(told["verification_uri"]), user_code=told["user_code"])
    assert "Example app" in page.text
    browser.fills(page, decision="yes")

    tokens = polls(app, told)
    assert person(server, tokens).get("/v3/account/whoami")["device_id"] == "TV"
    assert polls(app, told)["error"] == "invalid_grant"


def test_a_code_may_be_typed_in_small_letters_without_the_dash(app: App, browser: Browser) -> None:
    told = begins(app)
    typed = told["user_code"].lower().replace("-", " ")

    page = browser.fills(browser.opens("/_isthmus/link"), user_code=typed, decision="find")
    browser.fills(page, decision="yes")

    assert "access_token" in polls(app, told)


def test_the_device_hears_that_its_user_did_not_agree(app: App, browser: Browser) -> None:
    told = begins(app)

    browser.fills(browser.opens(told["verification_uri_complete"]), decision="no")

    assert polls(app, told)["error"] == "access_denied"


def test_who_asks_too_often_is_slowed_down(app: App) -> None:
    told = begins(app)
    polls(app, told)

    _, answer = app.asks_for_token(GRANT, device_code=told["device_code"])

    assert answer["error"] == "slow_down"


def test_a_code_that_nobody_types_expires(server: Server, app: App, browser: Browser) -> None:
    told = begins(app)

    server.clock.advance(told["expires_in"])

    assert polls(app, told)["error"] == "expired_token"
    assert browser.opens(told["verification_uri_complete"]).status == 404


def test_a_code_is_decided_once(app: App, browser: Browser) -> None:
    told = begins(app)
    page = browser.opens(told["verification_uri_complete"])
    browser.fills(page, decision="no")

    assert browser.fills(page, decision="yes").status == 404
    assert polls(app, told)["error"] == "access_denied"


def test_others_cannot_take_what_was_granted(server: Server, app: App, browser: Browser) -> None:
    told = begins(app)
    browser.fills(browser.opens(told["verification_uri_complete"]), decision="yes")
    other = App(server)
    other.registers(client_name="Another app")

    assert polls(other, told)["error"] == "invalid_grant"
    assert "access_token" in polls(app, told)
