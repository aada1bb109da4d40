"""Invitations that members make."""

import re
from collections.abc import Callable

import pytest

from homeserver.config.accounts import Registration
from tests.browser import BASE, PASSWORD, Browser
from tests.people import Server

INVITATIONS = "/_isthmus/account/invitations"
DAY_S = 24 * 3600


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    """Members may have two open invitations."""
    server = start_server(public_baseurl=BASE)
    server.person("alice")
    wanted = Registration(enabled=True, needs="invitation", invitations=2)
    return start_server(public_baseurl=BASE, registration=wanted)


@pytest.fixture
def browser(server: Server) -> Browser:
    browser = Browser(server)
    browser.signs_in()
    return browser


def invites(browser: Browser) -> list[str]:
    """The links that there are then."""
    action, fields = browser.opens(INVITATIONS).form
    browser.sends(action, {**fields, "decision": "yes"})
    return links(browser)


def links(browser: Browser) -> list[str]:
    return re.findall(r"https://matrix\.test(\S+invitation=\w+)", browser.opens(INVITATIONS).text)


def registers(server: Server, link: str, name: str) -> int:
    friend = Browser(server)
    page = friend.opens(link)
    return friend.fills(page, username=name, password=PASSWORD, repeated=PASSWORD).status


def test_an_invitation_makes_one_account(server: Server, browser: Browser) -> None:
    (link,) = invites(browser)

    assert registers(server, link, "bob") == 303
    assert registers(server, link, "mallory") == 403
    assert links(browser) == []


def test_nobody_has_more_open_invitations_than_they_may(browser: Browser) -> None:
    invites(browser)
    assert len(invites(browser)) == 2
    action, fields = browser.opens(INVITATIONS).form

    page = browser.sends(action, {**fields, "decision": "yes"})

    assert page.status == 403 and "as many open invitations" in page.text
    assert len(links(browser)) == 2


def test_an_invitation_ends_in_time_or_when_it_is_withdrawn(
    server: Server, browser: Browser
) -> None:
    first, second = (invites(browser), invites(browser))[1]
    token = first.partition("invitation=")[2]
    _, fields = browser.opens(INVITATIONS).form
    browser.sends(INVITATIONS, {**fields, "withdraw": token})
    assert registers(server, first, "bob") == 403

    server.clock.advance(8 * DAY_S)

    assert registers(server, second, "bob") == 403


def test_nobody_withdraws_what_others_made(server: Server, browser: Browser) -> None:
    (link,) = invites(browser)
    assert registers(server, link, "mallory") == 303
    (link,) = invites(browser)
    mallory = Browser(server)
    mallory.signs_in("mallory")
    _, fields = mallory.opens(INVITATIONS).form

    mallory.sends(INVITATIONS, {**fields, "withdraw": link.partition("invitation=")[2]})

    assert registers(server, link, "bob") == 303


def test_members_invite_nobody_unless_they_may(start_server: Callable[..., Server]) -> None:
    server = start_server(public_baseurl=BASE)
    server.person("alice")
    browser = Browser(server)
    browser.signs_in()

    assert browser.opens(INVITATIONS).status == 404
    assert "nvitations" not in browser.opens("/_isthmus/account").text
