"""What other sites, and those who come between, cannot do to the pages."""

import pytest

from homeserver.accounts_web.addresses import onward
from tests.browser import App, Browser
from tests.people import Server

ACCOUNT = "/_isthmus/account"
MEMBERS_ONLY = ("", "/device?device_id=FIRST", "/password", "/deactivate", "/cross-signing")


@pytest.mark.parametrize("path", MEMBERS_ONLY)
def test_strangers_are_asked_to_sign_in_first(server: Server, path: str) -> None:
    assert Browser(server).opens(ACCOUNT + path).location.startswith(ACCOUNT + "/sign-in?next=")


def test_forms_of_other_sites_change_nothing(server: Server, browser: Browser) -> None:
    """Cross-site request forgery: they know neither the cookie nor the token that goes with it."""
    mallory = Browser(server)
    token = mallory.opens(ACCOUNT + "/sign-in").form[1]["form_token"]

    for fields in ({}, {"form_token": ""}, {"form_token": token}, {"form_token": "é"}):
        page = browser.sends(ACCOUNT + "/device", {"device_id": "FIRST", **fields})
        assert page.status == 403
    assert "FIRST" in browser.opens(ACCOUNT).text


def test_browsers_that_tell_of_another_site_are_believed(app: App, browser: Browser) -> None:
    page = browser.opens(app.url())
    browser.headers["Sec-Fetch-Site"] = "cross-site"

    assert browser.fills(page, decision="yes").status == 403


def test_nobody_is_signed_in_to_an_account_of_somebody_else_by_a_foreign_form(
    server: Server,
) -> None:
    server.person("mallory")

    page = Browser(server).sends(
        ACCOUNT + "/sign-in", {"username": "mallory", "password": "correct horse battery"}
    )

    assert page.status == 403


def test_a_cookie_from_before_signing_in_is_worth_nothing(server: Server) -> None:
    """Session fixation: whoever planted the cookie is not signed in with it."""
    server.person("alice")
    alice, mallory = Browser(server), Browser(server)
    mallory.opens(ACCOUNT + "/sign-in")
    alice.cookies = dict(mallory.cookies)

    alice.signs_in()

    assert alice.opens(ACCOUNT).status == 200
    assert mallory.opens(ACCOUNT).status == 303


def test_signing_out_ends_the_cookie_also_where_it_was_copied(
    server: Server, browser: Browser
) -> None:
    thief = Browser(server, cookies=dict(browser.cookies))
    assert thief.opens(ACCOUNT).status == 200
    token = browser.opens(ACCOUNT).form[1]["form_token"]

    browser.sends(ACCOUNT + "/sign-out", {"form_token": token})

    assert browser.opens(ACCOUNT).status == 303
    assert thief.opens(ACCOUNT).status == 303


def test_a_browser_is_signed_out_after_two_weeks(server: Server, browser: Browser) -> None:
    server.clock.advance(14 * 86_400)

    assert browser.opens(ACCOUNT).status == 303


def test_locked_and_deactivated_users_are_signed_out_at_once(
    server: Server, browser: Browser
) -> None:
    accounts, database = server.app.accounts.accounts, server.app.database
    database.write(lambda txn: accounts.change(txn, "@alice:test", is_locked=True))

    assert browser.opens(ACCOUNT).status == 303


def test_pages_cannot_be_framed_run_no_scripts_and_are_not_kept(app: App, browser: Browser) -> None:
    page = browser.opens(app.url())

    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://app.example.com;" in policy
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "<script" not in page.text


def test_the_cookie_stays_on_this_host_and_out_of_scripts(server: Server) -> None:
    cookie = Browser(server).opens(ACCOUNT + "/sign-in").headers["set-cookie"]

    assert cookie.startswith("__Host-isthmus=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert f"; {part}" in cookie


def test_what_an_app_calls_itself_is_text_and_no_page(app: App, browser: Browser) -> None:
    app.registers(client_name="<b>Bank</b> {user_id}")

    page = browser.opens(app.url())

    assert "&lt;b&gt;Bank&lt;/b&gt; {user_id}" in page.text


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.org/",
        "//evil.org/",
        "/\\evil.org/",
        "/_isthmus/account\\..\\evil",
        "/_isthmus/account\r\nSet-Cookie: x=y",
        "javascript:alert(1)",
        "/_matrix/client/versions",
        "/_isthmus/oauth/authorize",
    ],
)
def test_nobody_is_led_elsewhere_after_signing_in(wanted: str) -> None:
    assert onward(wanted) == "/_isthmus/account"
