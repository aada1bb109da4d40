"""Addresses of e-mail on the pages of accounts."""

from collections.abc import Callable

import pytest

from homeserver.config.accounts import Registration
from tests.browser import PASSWORD, Browser
from tests.post_office import PostOffice, text_of

ADDRESS = "alice@example.net"
MAIL = "/_isthmus/account/mail"


@pytest.fixture
def browser(office: PostOffice) -> Browser:
    """Alice is signed in."""
    office.server.person("alice")
    browser = office.browser()
    browser.signs_in()
    return browser


def adds(office: PostOffice, browser: Browser, address: str = ADDRESS) -> None:
    page = browser.fills(browser.opens(MAIL), email=address, password=PASSWORD)
    assert "A letter is on its way" in page.text
    page = browser.fills(browser.opens(office.link(address)))
    assert "belongs to the account now" in page.text


def test_an_address_is_added_and_removed(office: PostOffice, browser: Browser) -> None:
    adds(office, browser)
    assert ADDRESS in browser.opens(MAIL).text

    page = browser.opens(f"{MAIL}/remove?address={ADDRESS}")
    browser.fills(page, password=PASSWORD)

    assert "no longer" not in page.text and ADDRESS not in browser.opens(MAIL).text
    assert "does not belong" in text_of(office.letter(ADDRESS))


def test_an_open_browser_adds_and_removes_nothing(office: PostOffice, browser: Browser) -> None:
    adds(office, browser)

    page = browser.fills(browser.opens(MAIL), email="mallory@example.net", password="a guess")
    assert page.status == 403 and office.letters() == []
    page = browser.fills(browser.opens(f"{MAIL}/remove?address={ADDRESS}"), password="a guess")

    assert page.status == 403 and ADDRESS in browser.opens(MAIL).text


def test_the_link_for_an_address_works_once(office: PostOffice, browser: Browser) -> None:
    browser.fills(browser.opens(MAIL), email=ADDRESS, password=PASSWORD)
    link = office.link(ADDRESS)
    browser.fills(browser.opens(link))

    assert browser.opens(link).status == 404


def test_a_link_becomes_too_old(office: PostOffice, browser: Browser) -> None:
    browser.fills(browser.opens(MAIL), email=ADDRESS, password=PASSWORD)
    link = office.link(ADDRESS)

    office.server.clock.advance(24 * 3600 + 1)

    assert browser.opens(link).status == 404


def test_a_taken_address_looks_like_any_other(office: PostOffice, browser: Browser) -> None:
    adds(office, browser)
    office.server.person("mallory")
    mallory = office.browser()
    mallory.signs_in("mallory")

    page = mallory.fills(mallory.opens(MAIL), email=ADDRESS.upper(), password=PASSWORD)

    assert page.status == 200 and "A letter is on its way" in page.text
    assert "proof=" not in text_of(office.letter(ADDRESS))


def test_a_new_password_ends_what_was_asked_for_before(
    office: PostOffice, browser: Browser
) -> None:
    """Who had the old password cannot keep a foot in the door by an address."""
    browser.fills(browser.opens(MAIL), email="mallory@example.net", password=PASSWORD)
    link = office.link("mallory@example.net")
    page = browser.opens("/_isthmus/account/password")
    new = "quite another horse"

    browser.fills(page, password=PASSWORD, new_password=new, repeated=new)

    assert browser.opens(link).status == 404


def test_letters_come_in_the_readers_language(office: PostOffice) -> None:
    office.server.person("alice")
    browser = office.browser("ru")
    browser.signs_in()

    browser.fills(browser.opens(MAIL), email=ADDRESS, password=PASSWORD)

    letter = office.letter(ADDRESS)
    assert "Добавить" in letter["Subject"] and "ссылк" in text_of(letter)


def test_who_registers_proves_an_address_first(
    open_post_office: Callable[..., PostOffice],
) -> None:
    office = open_post_office(registration=Registration(enabled=True, needs="mail"))
    browser = office.browser()
    page = browser.opens("/_isthmus/account/register?next=/_isthmus/link")
    assert "A letter is on its way" in browser.fills(page, email=ADDRESS).text
    link = office.link(ADDRESS)
    assert browser.fills(browser.opens(link), username="alice", password=PASSWORD, repeated="x")

    done = browser.fills(
        browser.opens(link), username="alice", password=PASSWORD, repeated=PASSWORD
    )

    assert done.location == "/_isthmus/link"
    assert ADDRESS in browser.opens(MAIL).text
    assert office.browser().opens(link).status == 404


def test_nobody_registers_without_the_letter(open_post_office: Callable[..., PostOffice]) -> None:
    office = open_post_office(registration=Registration(enabled=True, needs="mail"))
    browser = office.browser()
    _, fields = browser.opens("/_isthmus/account/register").form
    given = {"username": "alice", "password": PASSWORD, "repeated": PASSWORD}

    for proof in ({}, {"proof": "a guess"}):
        page = browser.sends("/_isthmus/account/register", {**fields, **given, **proof})
        assert page.status == 403
    assert office.letters() == []


def test_who_has_an_account_hears_so_by_letter_alone(
    open_post_office: Callable[..., PostOffice],
) -> None:
    office = open_post_office(registration=Registration(enabled=True, needs="mail"))
    browser = office.browser()
    page = browser.opens("/_isthmus/account/register")
    browser.fills(page, email=ADDRESS)
    link = office.link(ADDRESS)
    browser.fills(browser.opens(link), username="alice", password=PASSWORD, repeated=PASSWORD)

    stranger = office.browser()
    page = stranger.fills(stranger.opens("/_isthmus/account/register"), email=ADDRESS)

    assert "A letter is on its way" in page.text
    assert "@alice:test" in text_of(office.letter(ADDRESS))
