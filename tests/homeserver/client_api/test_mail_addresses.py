"""Addresses of e-mail by the calls of apps. The links in letters are opened in a browser."""

from collections.abc import Callable

import pytest

from homeserver.config.accounts import Registration
from homeserver.config.limits import RateLimits
from tests.authenticator import turns_on
from tests.browser import PASSWORD
from tests.people import JsonObject, Person, Refused
from tests.post_office import PostOffice, text_of

ADDRESS = "alice@example.net"
SECRET = "a_secret.of-the=app"
NEW = "quite another horse"


def asks(office: PostOffice, what: str, address: str = ADDRESS, attempt: int = 1) -> str:
    body = {"client_secret": SECRET, "email": address, "send_attempt": attempt}
    answer = office.server.anonymous.post(f"/v3/{what}/email/requestToken", body)
    return str(answer["sid"])


def follows(office: PostOffice, link: str) -> str:
    browser = office.browser()
    return browser.fills(browser.opens(link)).text


def proved(office: PostOffice, what: str, address: str = ADDRESS) -> JsonObject:
    sid = asks(office, what, address)
    assert "Go back to the app" in follows(office, office.link(address))
    return {"sid": sid, "client_secret": SECRET}


def by_password(name: str) -> JsonObject:
    return {"type": "m.login.password", "user": name, "password": PASSWORD}


def adds(office: PostOffice, person: Person, address: str = ADDRESS) -> None:
    creds = proved(office, "account/3pid", address)
    person.post("/v3/account/3pid/add", {**creds, "auth": by_password(person.name)})


def addresses_of(person: Person) -> list[str]:
    return [it["address"] for it in person.get("/v3/account/3pid")["threepids"]]


def test_an_address_is_added_once_its_letter_was_followed(office: PostOffice) -> None:
    alice = office.server.person("alice")
    sid = asks(office, "account/3pid")
    creds = {"sid": sid, "client_secret": SECRET, "auth": by_password("alice")}
    with pytest.raises(Refused) as refused:
        alice.post("/v3/account/3pid/add", creds)
    assert refused.value.errcode == "M_THREEPID_AUTH_FAILED"

    follows(office, office.link(ADDRESS))
    alice.post("/v3/account/3pid/add", creds)

    assert addresses_of(alice) == [ADDRESS]
    with pytest.raises(Refused):
        alice.post("/v3/account/3pid/add", creds)
    assert alice.get("/v3/capabilities")["capabilities"]["m.3pid_changes"] == {"enabled": True}


def test_the_secret_of_the_app_is_needed(office: PostOffice) -> None:
    alice = office.server.person("alice")
    creds = proved(office, "account/3pid")

    with pytest.raises(Refused) as refused:
        body = {**creds, "client_secret": "another", "auth": by_password("alice")}
        alice.post("/v3/account/3pid/add", body)

    assert refused.value.errcode == "M_THREEPID_AUTH_FAILED"
    assert addresses_of(alice) == []


def test_the_same_attempt_brings_no_second_letter_and_a_link_works_once(office: PostOffice) -> None:
    first = asks(office, "account/3pid")
    link = office.link(ADDRESS)
    assert asks(office, "account/3pid") == first
    assert office.letters() == []
    assert asks(office, "account/3pid", attempt=2) != first
    office.link(ADDRESS)

    follows(office, link)

    assert office.browser().opens(link).status == 404


def test_a_look_at_a_link_changes_nothing(office: PostOffice) -> None:
    alice = office.server.person("alice")
    sid = asks(office, "account/3pid")

    office.browser().opens(office.link(ADDRESS))

    with pytest.raises(Refused):
        auth = by_password("alice")
        alice.post("/v3/account/3pid/add", {"sid": sid, "client_secret": SECRET, "auth": auth})


def test_the_other_addresses_hear_of_a_new_one_and_of_one_less(office: PostOffice) -> None:
    alice = office.server.person("alice")
    adds(office, alice)
    adds(office, alice, "second@example.net")
    assert "second@example.net" in text_of(office.letter(ADDRESS))

    alice.post("/v3/account/3pid/delete", {"medium": "email", "address": ADDRESS})

    assert {it["To"] for it in office.letters()} == {ADDRESS, "second@example.net"}
    assert addresses_of(alice) == ["second@example.net"]


def test_an_address_of_somebody_else_is_not_given_away_and_cannot_be_had(
    office: PostOffice,
) -> None:
    alice, mallory = office.server.people("alice", "mallory")
    adds(office, alice)

    sid = asks(office, "account/3pid")

    letter = office.letter(ADDRESS)
    assert "@alice:test" in text_of(letter) and "proof=" not in text_of(letter)
    with pytest.raises(Refused) as refused:
        auth = by_password("mallory")
        mallory.post("/v3/account/3pid/add", {"sid": sid, "client_secret": SECRET, "auth": auth})
    assert refused.value.errcode == "M_THREEPID_AUTH_FAILED"


def test_a_forgotten_password_is_replaced_and_devices_are_signed_out_if_wished(
    office: PostOffice,
) -> None:
    alice = office.server.person("alice")
    adds(office, alice)
    for log_out in (False, True):
        creds = proved(office, "account/password")
        auth = {"type": "m.login.email.identity", "threepid_creds": creds}
        body = {"new_password": NEW, "logout_devices": log_out, "auth": auth}

        office.server.anonymous.post("/v3/account/password", body)

        office.letter(ADDRESS)
        if not log_out:
            assert addresses_of(alice) == [ADDRESS]
    with pytest.raises(Refused, match="401"):
        alice.get("/v3/account/whoami")
    alice.logs_in(password=NEW)


def test_what_was_proved_for_one_thing_is_not_good_for_another(office: PostOffice) -> None:
    alice = office.server.person("alice")
    creds = proved(office, "account/3pid")
    auth = {"type": "m.login.email.identity", "threepid_creds": creds}

    with pytest.raises(Refused, match="403"):
        office.server.anonymous.post("/v3/account/password", {"new_password": NEW, "auth": auth})

    alice.logs_in()


def test_nobody_learns_whether_an_address_is_known(office: PostOffice) -> None:
    alice = office.server.person("alice")
    adds(office, alice)

    for what in ("account/password", "register", "account/3pid"):
        assert len(asks(office, what)) == len(asks(office, what, "nobody@example.net")) == 24
        assert len(office.letters()) == 2


def test_an_unknown_address_hears_that_it_is_unknown(office: PostOffice) -> None:
    asks(office, "account/password", "nobody@example.net")

    text = text_of(office.letter("nobody@example.net"))

    assert "there is none" in text and "proof=" not in text


def test_two_steps_are_not_replaced_by_a_letter(office: PostOffice) -> None:
    alice = office.server.person("alice")
    adds(office, alice)
    browser = office.browser()
    browser.signs_in()
    turns_on(browser)
    creds = proved(office, "account/password")
    auth = {"type": "m.login.email.identity", "threepid_creds": creds}

    with pytest.raises(Refused) as refused:
        office.server.anonymous.post("/v3/account/password", {"new_password": NEW, "auth": auth})

    assert "second factor" in refused.value.body["error"]


def test_who_registers_by_letter_has_the_address(
    open_post_office: Callable[..., PostOffice],
) -> None:
    office = open_post_office(registration=Registration(enabled=True, needs="mail"))
    creds = proved(office, "register")
    body = {"username": "alice", "password": PASSWORD}
    with pytest.raises(Refused) as refused:
        office.server.anonymous.post("/v3/register", body)
    assert refused.value.body["flows"] == [{"stages": ["m.login.email.identity"]}]
    auth = {"type": "m.login.email.identity", "threepid_creds": creds}

    answer = office.server.anonymous.post("/v3/register", {**body, "auth": auth})

    assert addresses_of(Person(office.server, "alice", answer["access_token"])) == [ADDRESS]


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"email": "no address"}, "M_INVALID_PARAM"),
        ({"email": "a@b\nBcc: c@d"}, "M_INVALID_PARAM"),
        ({"client_secret": "ä"}, "M_INVALID_PARAM"),
        ({"client_secret": ""}, "M_INVALID_PARAM"),
        ({"send_attempt": -1}, "M_INVALID_PARAM"),
        ({"send_attempt": "1"}, "M_BAD_JSON"),
        ({"next_link": "https://x/" + "y" * 3000}, "M_INVALID_PARAM"),
    ],
)
def test_nonsense_is_refused(office: PostOffice, change: JsonObject, errcode: str) -> None:
    body = {"client_secret": SECRET, "email": ADDRESS, "send_attempt": 1, **change}

    with pytest.raises(Refused) as refused:
        office.server.anonymous.post("/v3/register/email/requestToken", body)

    assert refused.value.errcode == errcode
    assert office.letters() == []


def test_a_mailbox_is_not_flooded(open_post_office: Callable[..., PostOffice]) -> None:
    office = open_post_office(rate_limits=RateLimits(enabled=True))

    with pytest.raises(Refused) as refused:
        for attempt in range(1, 20):
            asks(office, "account/password", attempt=attempt)

    assert refused.value.errcode == "M_LIMIT_EXCEEDED"
    assert len(office.letters()) == 4


def test_nobody_is_led_elsewhere_by_a_letter(office: PostOffice) -> None:
    body = {
        "client_secret": SECRET,
        "email": ADDRESS,
        "send_attempt": 1,
        "next_link": "https://evil.example/?x",
    }
    office.server.anonymous.post("/v3/register/email/requestToken", body)
    browser = office.browser()

    page = browser.fills(browser.opens(office.link(ADDRESS)))

    assert page.status == 200 and "location" not in page.headers
    assert '<a href="https://evil.example/?x">evil.example</a>' in page.text
