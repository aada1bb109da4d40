"""Passkeys: a way in by itself, a second step after the password, and no way for anybody else."""

import json
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from tests.authenticator import turns_on
from tests.browser import BASE, PASSWORD, App, Browser, person
from tests.homeserver.admin_api.conftest import admin
from tests.passkey_device import PASSKEY, PASSKEYS, PRESENT, PasskeyDevice, options_in
from tests.people import Person, Server

__all__ = ["admin"]

ACCOUNT, STEP = "/_isthmus/account", "/_isthmus/account/second-step"
TWO_STEPS, EXPORT = "/_isthmus/account/two-steps", "/_isthmus/account/export"
REFUSED = "This passkey was not accepted"


@pytest.fixture
def phone(server: Server, browser: Browser) -> PasskeyDevice:
    """Alice has made a passkey."""
    phone = PasskeyDevice(server)
    phone.made_in(browser)
    return phone


def test_a_passkey_is_all_that_is_needed(server: Server, phone: PasskeyDevice) -> None:
    other = Browser(server)

    assert phone.signs_in(other, TWO_STEPS).location == TWO_STEPS

    assert "@alice:test" in other.opens(ACCOUNT).text


def test_an_app_gets_in_by_it(server: Server, app: App, phone: PasskeyDevice) -> None:
    other = Browser(server)
    phone.signs_in(other)

    tokens = app.signs_in(other)

    assert person(server, tokens).get("/v3/account/whoami")["user_id"] == "@alice:test"


def test_the_password_is_only_the_first_step_then(server: Server, phone: PasskeyDevice) -> None:
    half = Browser(server)

    assert half.signs_in().location.startswith(STEP)

    assert half.opens(ACCOUNT).status == 303
    page = half.opens(STEP)
    assert page.location.startswith(PASSKEY)
    page = half.opens(page.location)
    allowed = [it["id"] for it in options_in(page)["allowCredentials"]]
    assert len(allowed) == 1
    assert half.fills(page, credential=phone.shows(options_in(page))).location == ACCOUNT
    assert half.opens(ACCOUNT).status == 200


def test_recovery_codes_help_who_has_lost_it(server: Server, browser: Browser) -> None:
    page = PasskeyDevice(server).made_in(browser)
    codes = re.findall(r"<li>([A-Za-z0-9-]{19})</li>", page.text)
    assert len(codes) == 10
    half = Browser(server)
    half.signs_in()

    page = half.opens(f"{STEP}?code=1")

    assert half.fills(page, code="123456").status == 403
    assert half.fills(page, code=codes[0]).location == ACCOUNT
    again = Browser(server)
    again.signs_in()
    assert again.fills(again.opens(f"{STEP}?code=1"), code=codes[0]).status == 403


def test_strangers_learn_of_no_passkeys(server: Server, phone: PasskeyDevice) -> None:
    options = options_in(Browser(server).opens(PASSKEY))

    assert options["allowCredentials"] == []
    assert (options["rpId"], options["userVerification"]) == ("matrix.test", "required")


def test_a_passkey_is_made_by_the_owner_only(server: Server, browser: Browser) -> None:
    page = browser.opens(PASSKEYS)

    refused = browser.fills(page, password="wrong", decision="begin")

    assert (refused.status, "The password is wrong" in refused.text) == (403, True)
    device = PasskeyDevice(server)
    shown = options_in(browser.opens(PASSKEY))
    stolen = {**shown, "user": {"id": "AAAA"}}
    answer = browser.fills(page, credential=device.makes(stolen))
    assert (answer.status, REFUSED in answer.text) == (403, True)


def test_with_an_authenticator_its_code_is_asked_for_too(server: Server, browser: Browser) -> None:
    codes = turns_on(browser)
    device = PasskeyDevice(server)
    page = browser.opens(PASSKEYS)
    assert browser.fills(page, password=PASSWORD, code="000000", decision="begin").status == 403

    assert device.made_in(browser, code=codes.code()).location == PASSKEYS

    assert device.signs_in(Browser(server)).location == ACCOUNT
    page = browser.fills(
        browser.opens(TWO_STEPS), password=PASSWORD, code=codes.code(), decision="remove"
    )
    assert "Your passkeys stay" in page.text
    assert Browser(server).signs_in().location.startswith(STEP)


def test_it_is_renamed_and_removed(server: Server, browser: Browser, phone: PasskeyDevice) -> None:
    page = browser.opens(PASSKEYS)
    assert ("Phone" in page.text, "last used –" in page.text) == (True, True)
    here = f"{PASSKEYS}?id={phone.id.hex()}"
    browser.fills(browser.opens(here), name="Old <phone>", decision="rename")
    assert "Old &lt;phone&gt;" in browser.opens(PASSKEYS).text

    server.clock.advance(301)
    assert browser.fills(browser.opens(here), decision="remove").status == 403
    assert phone.signs_in(browser, PASSKEYS).location == PASSKEYS
    assert browser.fills(browser.opens(here), decision="remove").location == PASSKEYS

    assert phone.signs_in(Browser(server)).status == 403
    assert Browser(server).signs_in().location == ACCOUNT, "the password is enough again"


def test_nobody_touches_the_passkeys_of_others(server: Server, phone: PasskeyDevice) -> None:
    server.person("bob")
    bob = Browser(server)
    bob.signs_in("bob")
    fields = bob.opens(PASSKEYS).form[1] | {"id": phone.id.hex(), "password": PASSWORD}

    assert bob.opens(f"{PASSKEYS}?id={phone.id.hex()}").status == 404
    for decision in ("rename", "remove"):
        assert bob.sends(PASSKEYS, {**fields, "decision": decision}).status == 404
    assert bob.opens(f"{PASSKEYS}?id=zz").status == 404
    assert phone.signs_in(Browser(server)).status == 303


def test_a_passkey_that_was_just_shown_stands_for_its_owner(
    server: Server, browser: Browser, phone: PasskeyDevice
) -> None:
    assert 'name="password"' not in browser.opens(EXPORT).text
    server.clock.advance(301)
    page = browser.opens(EXPORT)
    assert 'name="password"' in page.text and PASSKEY in page.text

    phone.signs_in(browser, EXPORT)

    assert browser.fills(browser.opens(EXPORT), decision="begin").location == EXPORT
    assert "The archive is ready" in browser.opens(EXPORT).text


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://matrix.test.example"},
        {"origin": "http://matrix.test"},
        {"rp_id": "example.org"},
        {"flags": PRESENT},
        {"flags": 0},
        {"key": generate_private_key(SECP256R1())},
        {"id": b"unknown"},
        {"user_handle": b"somebody else"},
    ],
    ids="-".join,
)
def test_lies_are_refused(server: Server, phone: PasskeyDevice, lie: dict[str, object]) -> None:
    """Asked by another page, for another site, without the owner, or with another key."""
    other = Browser(server)

    page = phone.with_(**lie).signs_in(other)

    assert (page.status, REFUSED in page.text) == (403, True)
    assert other.opens(ACCOUNT).status == 303


@pytest.mark.parametrize("lie", [{"origin": "https://evil.example"}, {"flags": PRESENT}])
def test_lies_make_no_passkey(server: Server, browser: Browser, lie: dict[str, object]) -> None:
    page = PasskeyDevice(server).with_(**lie).made_in(browser)

    assert (page.status, REFUSED in page.text) == (403, True)
    assert Browser(server).signs_in().location == ACCOUNT


def test_a_challenge_is_for_one_browser_once_and_for_minutes(
    server: Server, phone: PasskeyDevice
) -> None:
    mine, other = Browser(server), Browser(server)
    page, others_page = mine.opens(PASSKEY), other.opens(PASSKEY)
    stolen = phone.shows(options_in(others_page))
    assert mine.fills(page, credential=stolen).status == 403

    before = dict(other.cookies)
    assert other.fills(others_page, credential=stolen).status == 303
    other.cookies = before
    phone.counter += 1
    assert other.fills(others_page, credential=stolen).status == 403

    page = mine.opens(PASSKEY)
    answer = phone.shows(options_in(page))
    server.clock.advance(301)
    assert mine.fills(page, credential=answer).status == 403


def test_a_copy_is_noticed_by_its_counter(server: Server, phone: PasskeyDevice) -> None:
    copy = phone.with_()
    assert phone.signs_in(Browser(server)).status == 303

    assert copy.signs_in(Browser(server)).status == 403

    assert phone.signs_in(Browser(server)).status == 303


def test_passkeys_that_do_not_count_are_taken(server: Server, browser: Browser) -> None:
    """Those that several devices share count nothing."""
    phone = PasskeyDevice(server, counts=False)
    phone.made_in(browser)

    assert [phone.signs_in(Browser(server)).status for _ in range(2)] == [303, 303]


def test_after_the_password_only_a_passkey_of_the_same_account_helps(
    server: Server, phone: PasskeyDevice
) -> None:
    server.person("bob")
    bob = Browser(server)
    bob.signs_in("bob")
    key = PasskeyDevice(server)
    key.made_in(bob)
    half = Browser(server)
    half.signs_in("bob")

    page = half.opens(PASSKEY)

    assert half.fills(page, credential=phone.shows(options_in(page))).status == 403
    assert half.fills(page, credential=key.shows(options_in(page))).status == 303


@pytest.mark.parametrize(
    "credential",
    ["", "x", "[]", "{}", '{"id": 1}', "[" * 5000, json.dumps({"id": "YQ", "signature": "é"})],
    ids=range(7),
)
def test_broken_answers_are_refused(
    server: Server, browser: Browser, phone: PasskeyDevice, credential: str
) -> None:
    other = Browser(server)
    page = other.fills(other.opens(PASSKEY), credential=credential)
    assert (page.status, REFUSED in page.text) == (403, True)
    if credential:
        page = browser.fills(browser.opens(PASSKEYS), credential=credential)
        assert (page.status, REFUSED in page.text) == (403, True)


def test_guesses_are_counted_and_closed_accounts_stay_closed(
    server: Server, admin: Person, phone: PasskeyDevice
) -> None:
    admin.put("/_matrix/client/v1/admin/lock/@alice:test", {"locked": True})
    page = phone.signs_in(Browser(server))
    assert page.status == 401 and "locked" in page.text

    admin.post("/_synapse/admin/v1/deactivate/@alice:test", {})

    assert phone.signs_in(Browser(server)).status == 403
    with_nothing_left = admin.get("/_synapse/admin/v2/users/@alice:test")
    assert with_nothing_left["deactivated"] is True


def test_an_administrator_removes_what_was_lost(
    server: Server, admin: Person, phone: PasskeyDevice
) -> None:
    admin.delete("/_isthmus/admin/v1/users/@alice:test/second_factor")

    assert phone.signs_in(Browser(server)).status == 403
    assert Browser(server).signs_in().location == ACCOUNT


def test_only_the_pages_of_passkeys_run_a_script_and_only_their_own(
    server: Server, browser: Browser
) -> None:
    wish = {"password": PASSWORD, "decision": "begin"}
    made = browser.fills(browser.opens(PASSKEYS), **wish)
    for page in (Browser(server).opens(PASSKEY), made):
        assert (
            f"script-src {BASE}/_isthmus/account/passkeys.js;"
            in page.headers["content-security-policy"]
        )
        assert "default-src 'none'" in page.headers["content-security-policy"]
    for path in (PASSKEYS, ACCOUNT, TWO_STEPS):
        assert "script-src" not in browser.opens(path).headers["content-security-policy"]
    script = browser.opens("/_isthmus/account/passkeys.js")
    assert (script.status, script.headers["content-type"]) == (
        200,
        "text/javascript; charset=utf-8",
    )
    assert script.headers["x-content-type-options"] == "nosniff"
