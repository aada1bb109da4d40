"""Users hear of new sign-ins."""

from collections.abc import Callable

import pytest
from attrs import evolve

from homeserver.config.accounts import Sessions
from homeserver.config.rooms import ServerNotices
from homeserver.config.settings import Settings
from tests.homeserver.accounts_web.test_mail_addresses import ADDRESS, adds
from tests.outcomes import outcome
from tests.people import Person
from tests.post_office import PostOffice, text_of

LATER_S = 600.0
Opened = tuple[PostOffice, Person]


@pytest.fixture
def open_town(
    settings: Settings, open_post_office: Callable[..., PostOffice]
) -> Callable[..., Opened]:
    """Alice has an account for ten minutes, and the address; the server may speak."""

    def opened(language: str = "en", **changes: object) -> Opened:
        rooms = evolve(settings.rooms, server_notices=ServerNotices(localpart="notices"))
        office = open_post_office(rooms=rooms, **changes)
        outcome(office.server.app.server_notices.start())
        alice = office.server.person("alice")
        browser = office.browser(language)
        browser.signs_in()
        if language == "en":
            adds(office, browser)
        office.server.clock.advance(LATER_S)
        office.letters()
        return office, alice

    return opened


def notices(person: Person) -> list[str]:
    sync = person.syncs()
    for room in sync.invites():
        person.joins(room)
    sync = person.syncs()
    rooms = sync.body["rooms"]["join"] if "rooms" in sync.body else {}
    return [text for room in rooms for text in sync.texts(room)]


def test_a_message_and_a_letter_tell_where_and_when(open_town: Callable[..., Opened]) -> None:
    office, alice = open_town()

    alice.logs_in(device_id="THIEF", initial_device_display_name="A strange phone")

    text = text_of(office.letter(ADDRESS))
    (message,) = notices(alice)
    for told in (text, message):
        for fact in ("@alice:test", "A strange phone", "THIEF", "203.0.113.7", "UTC"):
            assert fact in told
        assert "https://matrix.test/_isthmus/account/device?device_id=THIEF" in told


def test_the_message_comes_in_the_users_language(open_town: Callable[..., Opened]) -> None:
    _, alice = open_town("ru")

    alice.logs_in(device_id="NEW")

    (message,) = notices(alice)
    assert "кто-то вошёл" in message


def test_a_new_account_and_a_device_that_is_known_are_no_news(
    open_town: Callable[..., Opened],
) -> None:
    office, alice = open_town()

    office.server.person("bob")
    alice.logs_in(device_id="SAME")
    assert len(office.letters()) == 1
    alice.logs_in(device_id="SAME")

    assert office.letters() == [] and len(notices(alice)) == 1


def test_nobody_is_told_where_this_is_off(open_town: Callable[..., Opened]) -> None:
    office, alice = open_town(sessions=Sessions(tell_new_ones=False))

    alice.logs_in(device_id="NEW")

    assert office.letters() == [] and notices(alice) == []
