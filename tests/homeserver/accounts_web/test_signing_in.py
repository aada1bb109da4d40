"""People sign in and make accounts, without a script."""

import pytest
from attrs import evolve

from homeserver.config.accounts import Policy, Registration
from homeserver.config.limits import Limit, LoginLimits, RateLimits
from tests.browser import BASE, PASSWORD, App, Browser
from tests.people import Server

ACCOUNT = "/_isthmus/account"
REGISTER = "/_isthmus/account/register"


def registers(browser: Browser, **fields: str) -> int:
    given = {"username": "bob", "password": PASSWORD, "repeated": PASSWORD, **fields}
    return browser.fills(browser.opens(REGISTER), **given).status


def test_whoever_signs_in_goes_on_to_what_they_wanted(server: Server, app: App) -> None:
    server.person("alice")
    browser = Browser(server)
    wanted = app.url()

    page = browser.opens(browser.opens(wanted).location)
    onward = browser.fills(page, username="alice", password=PASSWORD).location

    assert onward == wanted
    assert "Let this app in?" in browser.opens(onward).text


def test_wrong_names_wrong_passwords_and_closed_accounts_look_the_same(server: Server) -> None:
    server.person("alice")
    accounts, database = server.app.accounts.accounts, server.app.database
    server.person("gone")
    database.write(
        lambda txn: accounts.change(txn, "@gone:test", is_deactivated=True, password_hash=None)
    )

    pages = [
        Browser(server).signs_in(name, "wrong").text.split("<form")[0]
        for name in ("alice", "nobody", "gone")
    ]

    assert "The user name or the password is wrong." in pages[0]
    assert pages[0] == pages[1] == pages[2]


def test_guessing_passwords_is_slowed_down_and_says_so(start_server: object) -> None:
    limits = RateLimits(login=LoginLimits(failed=Limit(0.01, 3)))
    server: Server = start_server(public_baseurl=BASE, rate_limits=limits)  # type: ignore[operator]
    server.person("alice")
    browser = Browser(server)

    statuses = [browser.signs_in("alice", f"guess {number}").status for number in range(5)]

    assert statuses == [403, 403, 403, 429, 429]


def test_an_account_is_made_and_signed_in(server: Server) -> None:
    browser = Browser(server)

    assert registers(browser) == 303

    assert "@bob:test" in browser.opens(ACCOUNT).text
    assert server.anonymous.post(
        "/v3/login", {"type": "m.login.password", "user": "bob", "password": PASSWORD}
    )


def test_an_app_can_lead_straight_to_a_new_account(server: Server, app: App) -> None:
    browser = Browser(server)

    assert browser.opens(app.url(prompt="create")).location.startswith(REGISTER + "?next=")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"username": "alice"}, "This user name is taken."),
        ({"username": "Bob!"}, "This user name is not possible."),
        ({"repeated": "something else"}, "are not the same"),
        ({"password": "short", "repeated": "short"}, "too weak"),
    ],
)
def test_what_is_wrong_is_told(server: Server, fields: dict[str, str], told: str) -> None:
    server.person("alice")
    browser = Browser(server)
    given = {"username": "bob", "password": PASSWORD, "repeated": PASSWORD, **fields}

    page = browser.fills(browser.opens(REGISTER), **given)

    assert page.status == 400
    assert told in page.text


def test_policies_of_the_server_hold_here_too(start_server: object, server: Server) -> None:
    base = Registration(enabled=True, needs="token")
    terms = (Policy(name="Privacy policy", url="https://test/privacy"),)
    for registration, given, allowed in (
        (evolve(base, enabled=False), {}, 403),
        (base, {}, 403),
        (base, {"token": "guess"}, 403),
        (evolve(base, needs="nothing", terms=terms), {}, 403),
        (evolve(base, needs="nothing", terms=terms), {"agreed": "yes"}, 303),
    ):
        server = start_server(  # type: ignore[operator]
            public_baseurl=BASE, registration=registration
        )
        browser = Browser(server)
        page = browser.opens(REGISTER)
        if page.status == 200:
            page = browser.fills(
                page, username="bob", password=PASSWORD, repeated=PASSWORD, **given
            )
        assert page.status == allowed, (registration, given)
