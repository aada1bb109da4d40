"""A forgotten password."""

import pytest

from tests.authenticator import turns_on
from tests.browser import PASSWORD, Browser
from tests.homeserver.accounts_web.test_mail_addresses import ADDRESS, adds
from tests.people import Refused
from tests.post_office import PostOffice, text_of

FORGOTTEN = "/_isthmus/account/forgotten"
NEW = "quite another horse"


@pytest.fixture
def browser(office: PostOffice) -> Browser:
    """Alice is signed in, and has an address."""
    office.server.person("alice")
    browser = office.browser()
    browser.signs_in()
    adds(office, browser)
    return browser


def asks(office: PostOffice, address: str = ADDRESS) -> tuple[Browser, str]:
    """From another browser."""
    other = office.browser()
    page = other.fills(other.opens(FORGOTTEN), email=address)
    assert page.status == 200
    return other, page.text.replace(address, "")


def test_a_letter_leads_to_a_new_password(office: PostOffice, browser: Browser) -> None:
    other, _ = asks(office)
    link = office.link(ADDRESS)

    done = other.fills(other.opens(link), new_password=NEW, repeated=NEW)

    assert done.location == "/_isthmus/account/sign-in"
    assert other.signs_in(password=NEW).status == 303
    assert office.browser().signs_in(password=PASSWORD).status == 403
    assert other.opens(link).status == 404
    assert browser.opens("/_isthmus/account").location.startswith("/_isthmus/account/sign-in")
    assert "has just been changed" in text_of(office.letter(ADDRESS))


def test_devices_stay_unless_their_owner_wants_them_out(
    office: PostOffice, browser: Browser
) -> None:
    phone = office.server.person("bob")
    bob = office.browser()
    bob.signs_in("bob")
    adds(office, bob, "bob@example.net")
    for choice, new in (({}, NEW), ({"log_out": "yes"}, PASSWORD)):
        other, _ = asks(office, "bob@example.net")
        link = office.link("bob@example.net")
        other.fills(other.opens(link), new_password=new, repeated=new, **choice)
        office.letters()
        if not choice:
            phone.get("/v3/account/whoami")
    with pytest.raises(Refused, match="401"):
        phone.get("/v3/account/whoami")


def test_the_page_is_the_same_for_known_and_unknown_addresses(
    office: PostOffice, browser: Browser
) -> None:
    _, known = asks(office)
    _, unknown = asks(office, "nobody@example.net")

    assert known == unknown
    assert len(office.letters()) == 2


def test_only_the_newest_letter_counts(office: PostOffice, browser: Browser) -> None:
    asks(office)
    first = office.link(ADDRESS)
    asks(office)
    second = office.link(ADDRESS)

    assert browser.opens(first).status == 404
    assert browser.opens(second).status == 200


def test_two_steps_stay_two(office: PostOffice, browser: Browser) -> None:
    phone = turns_on(browser)
    other, _ = asks(office)
    page = other.opens(office.link(ADDRESS))

    refused = other.fills(page, new_password=NEW, repeated=NEW, code="000000")
    assert refused.status == 403 and "code is wrong" in refused.text

    assert other.fills(page, new_password=NEW, repeated=NEW, code=phone.code()).status == 303


def test_an_address_that_was_removed_opens_nothing(office: PostOffice, browser: Browser) -> None:
    other, _ = asks(office)
    link = office.link(ADDRESS)
    page = browser.opens(f"/_isthmus/account/mail/remove?address={ADDRESS}")
    browser.fills(page, password=PASSWORD)

    page = other.opens(link)

    assert page.status == 404 or other.fills(page, new_password=NEW, repeated=NEW).status == 403
    assert office.browser().signs_in().status == 303


def test_a_locked_account_gets_no_new_password(office: PostOffice, browser: Browser) -> None:
    other, _ = asks(office)
    link = office.link(ADDRESS)
    admin = office.server.person("root")
    office.internet.run(office.server.app.accounts.accounts.lock("@alice:test", True))

    page = other.fills(other.opens(link), new_password=NEW, repeated=NEW)

    assert page.status == 401 and "locked" in page.text
    assert admin
