"""Guessing is slowed down, and locks nobody out of their own account."""

from collections.abc import Callable

import pytest

from homeserver.config.limits import Limit, LoginLimits, RateLimits
from homeserver.users.guesses import network_of
from tests.authenticator import turns_on
from tests.browser import BASE, PASSWORD, Browser
from tests.outcomes import outcome
from tests.people import Refused, Server

HOME, CAFE = "203.0.113.7", "198.51.100.9"
LOGIN = LoginLimits(
    ip=Limit(1000.0, 1000),
    account=Limit(1000.0, 1000),
    failed=Limit(0.01, 3),
    failed_by_strangers=Limit(0.01, 6),
    failed_codes_by_strangers=Limit(0.01, 6),
    failed_in_network=Limit(0.01, 8),
)


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    limits = RateLimits(login=LOGIN, registration=Limit(1000.0, 1000))
    return start_server(public_baseurl=BASE, rate_limits=limits)


def tries(server: Server, password: str, ip: str, name: str = "alice") -> str:
    """The error code of a login, or nothing."""
    server.caller = ip
    body = {"type": "m.login.password", "user": name, "password": password}
    try:
        server.anonymous.post("/v3/login", body)
    except Refused as refused:
        return str(refused.errcode)
    return ""


def guesses(server: Server, ip: str, times: int, name: str = "alice") -> None:
    for _ in range(times):
        assert tries(server, "a guess", ip, name) in ("M_FORBIDDEN", "M_LIMIT_EXCEEDED")


def leaves(browser: Browser) -> None:
    """Signed out; what the browser knows of earlier visits stays."""
    del browser.cookies["__Host-isthmus"]


def lives_at_home(server: Server, name: str = "alice") -> None:
    server.person(name).get("/v3/account/whoami")
    outcome(server.app.accounts._last_seen.write())


def test_one_address_cannot_lock_out_another(server: Server) -> None:
    lives_at_home(server)
    guesses(server, CAFE, 4)

    assert tries(server, PASSWORD, CAFE) == "M_LIMIT_EXCEEDED"
    assert tries(server, PASSWORD, "192.0.2.77") == ""


def test_many_addresses_are_counted_together_and_the_owners_is_not_among_them(
    server: Server,
) -> None:
    lives_at_home(server)
    for number in range(10):
        guesses(server, f"192.0.{number}.1", 1)

    assert tries(server, PASSWORD, "198.18.0.1") == "M_LIMIT_EXCEEDED"
    assert tries(server, PASSWORD, HOME) == ""


def test_a_browser_that_was_signed_in_before_is_let_in_from_anywhere(server: Server) -> None:
    server.person("alice")
    browser = Browser(server)
    browser.signs_in()
    leaves(browser)
    for number in range(10):
        guesses(server, f"192.0.{number}.1", 1)
    server.caller = "198.18.0.1"

    assert Browser(server).signs_in().status == 429
    assert browser.signs_in().status == 303


def test_the_mark_of_a_browser_opens_no_other_account_and_guesses_with_it_are_counted(
    server: Server,
) -> None:
    server.people("alice", "mallory")
    browser = Browser(server)
    browser.signs_in("mallory")
    leaves(browser)
    for number in range(10):
        guesses(server, f"192.0.{number}.1", 1)
    server.caller = "198.18.0.1"

    assert browser.signs_in("alice").status == 429
    for _ in range(5):
        browser.signs_in("mallory", "a guess")
    assert browser.signs_in("mallory").status == 429


def test_one_network_cannot_spray_over_many_accounts(server: Server) -> None:
    lives_at_home(server)
    for number in range(12):
        guesses(server, f"192.0.2.{number}", 1, f"somebody{number}")

    assert tries(server, PASSWORD, "192.0.2.200") == "M_LIMIT_EXCEEDED"
    assert tries(server, PASSWORD, "192.0.3.1") == ""


def test_accounts_that_are_not_there_are_counted_alike(server: Server) -> None:
    server.person("alice")
    answers = [
        [tries(server, "a guess", CAFE, name) for _ in range(5)] for name in ("alice", "nobody")
    ]

    assert answers[0] == answers[1]


def test_who_has_the_password_alone_cannot_keep_the_owner_from_the_second_step(
    server: Server,
) -> None:
    server.person("alice")
    browser = Browser(server)
    browser.signs_in()
    phone = turns_on(browser)
    leaves(browser)
    for number in range(4):
        server.caller = f"192.0.{number}.1"
        mallory = Browser(server)
        page = mallory.opens(mallory.signs_in().location)
        for _ in range(3):
            mallory.fills(page, code="000000")
    server.caller = "198.18.0.1"
    stranger = Browser(server)
    page = stranger.opens(stranger.signs_in().location)
    assert stranger.fills(page, code=phone.code()).status == 429

    page = browser.opens(browser.signs_in().location)

    assert browser.fills(page, code=phone.code()).status == 303


def test_networks_are_those_of_one_customer() -> None:
    assert network_of("192.0.2.77") == "192.0.2.0/24"
    assert network_of("2001:db8:1:2::3") == "2001:db8:1::/48"
    assert network_of("nonsense") == "nonsense"


def test_forged_marks_are_worth_nothing(server: Server) -> None:
    server.person("alice")
    for number in range(10):
        guesses(server, f"192.0.{number}.1", 1)
    server.caller = "198.18.0.1"
    browser = Browser(server)
    browser.cookies["__Host-isthmus-known"] = "A" * 43

    assert browser.signs_in().status == 429
