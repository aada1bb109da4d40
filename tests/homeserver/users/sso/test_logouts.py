"""A session ends at the provider, and what came of it here ends too; nobody else says so."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from homeserver.config.network import Federation
from homeserver.config.single_sign_on import SingleSignOn
from tests.authenticator import turns_on
from tests.browser import App, Browser, person
from tests.homeserver.accounts_web.test_confirming import app_of
from tests.homeserver.accounts_web.test_single_sign_on import comes_in, provider, registers
from tests.internet import Internet
from tests.openid_provider import ProviderOfTests, new_key
from tests.people import Person, Refused
from tests.post_office import PostOffice

__all__ = ["provider"]

ACCOUNT = "/_isthmus/account"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def town(
    open_post_office: Callable[..., PostOffice], provider: ProviderOfTests, internet: Internet
) -> PostOffice:
    wanted = SingleSignOn(openid=(provider.settings(ends_sessions=True),))
    trust = Federation(enabled=False, custom_ca_paths=(internet.authority.path,))
    return open_post_office(single_sign_on=wanted, federation=trust)


def from_session(town: PostOffice, provider: ProviderOfTests, sid: str | None) -> Browser:
    """Alice comes in from this session there."""
    provider.told = {"sid": sid}
    browser = town.browser()
    page = comes_in(browser, provider)
    if "register" in page.location:
        browser.fills(browser.opens(page.location), username="alice")
    return browser


def logout_token(town: PostOffice, provider: ProviderOfTests, **changes: Any) -> str:
    now_s = town.server.clock.now_ms() // 1000
    claims = {
        "iss": provider.issuer,
        "aud": "isthmus",
        "iat": now_s,
        "exp": now_s + 120,
        "jti": f"j{now_s}",
        "sub": "a-1",
        "sid": "s1",
        "events": {EVENT: {}},
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    key: Any = provider.key
    return jwt.encode(claims, key, "ES256", headers={"kid": "1", "typ": "logout+jwt"})


def tells(town: PostOffice, token: str, to: str = "example") -> int:
    body = urlencode({"logout_token": token}).encode()
    exchange = town.server.exchange("POST", f"{ACCOUNT}/sso/logout/{to}", body)
    town.internet.settle()
    head, _, said = exchange.transport.written.partition(b"\r\n\r\n")
    assert b"no-store" in head
    status = int(head.split()[1])
    assert status == 200 or json.loads(said)["error"] == "invalid_request"
    return status


def is_in(browser: Browser) -> bool:
    return browser.opens(ACCOUNT).status == 200


def works(app: Person) -> bool:
    try:
        app.get("/v3/account/whoami")
    except Refused as refused:
        assert refused.status == 401
        return False
    return True


def test_browsers_and_devices_of_a_session_end_with_it(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    one, other = (from_session(town, provider, sid) for sid in ("s1", "s2"))
    oauth = App(town.server)
    oauth.registers()
    new_app = person(town.server, oauth.signs_in(one))
    old_app, others = app_of(one, "OLD"), app_of(other, "OTHER")

    assert tells(town, logout_token(town, provider)) == 200

    assert (is_in(one), works(new_app), works(old_app)) == (False, False, False)
    assert (is_in(other), works(others)) == (True, True)


def test_what_was_agreed_to_and_not_yet_taken_ends_too(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    browser, app = from_session(town, provider, "s1"), App(town.server)
    app.registers()
    code = app.gets_code(browser)

    assert tells(town, logout_token(town, provider)) == 200

    assert app.exchanges(code)[0] == 400


def test_all_sessions_of_somebody_end_where_none_is_named(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    browsers = [from_session(town, provider, sid) for sid in ("s1", "s2", None)]
    town.server.person("bob")
    bob = town.browser()
    bob.signs_in("bob")

    assert tells(town, logout_token(town, provider, sid=None)) == 200

    assert [is_in(it) for it in browsers] == [False] * 3
    assert is_in(bob)


def test_the_second_step_belongs_to_the_same_session(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    phone = turns_on(from_session(town, provider, "s0"))
    provider.told = {"sid": "s1"}
    browser = town.browser()
    browser.fills(browser.opens(comes_in(browser, provider).location), code=phone.code())
    assert is_in(browser)

    tells(town, logout_token(town, provider))

    assert not is_in(browser)


def test_a_device_that_signs_in_by_itself_later_is_not_of_that_session(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    browser = from_session(town, provider, "s1")
    app_of(browser, "PHONE")
    again = app_of(from_session(town, provider, "s2"), "PHONE")

    tells(town, logout_token(town, provider))

    assert works(again)


LIES: list[dict[str, Any]] = [
    {"iss": "https://evil.example"},
    {"aud": "another"},
    {"iat": 1},
    {"iat": "now"},
    {"exp": 1},
    {"jti": None},
    {"jti": ""},
    {"events": None},
    {"events": {}},
    {"events": {EVENT: "yes"}},
    {"nonce": "n"},
    {"sub": None, "sid": None},
    {"sub": 7},
    {"sid": "x" * 300},
    {"sub": "somebody-else"},
]


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_tokens_that_lie_end_nothing(
    town: PostOffice, provider: ProviderOfTests, lie: dict[str, Any]
) -> None:
    browser = from_session(town, provider, "s1")

    status = tells(town, logout_token(town, provider, **lie))

    assert status == (200 if lie == {"sub": "somebody-else"} else 400)
    assert is_in(browser)


def test_a_signature_of_somebody_else_ends_nothing(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    browser = from_session(town, provider, "s1")
    real, provider.key = provider.key, new_key()
    forged = logout_token(town, provider)
    provider.key = real

    for token in (forged, "", "x.y.z", logout_token(town, provider)[:-8]):
        assert tells(town, token) == 400

    assert is_in(browser)


def test_a_token_that_let_somebody_in_throws_nobody_out(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    browser = from_session(town, provider, "s1")
    now_s = town.server.clock.now_ms() // 1000
    claims = {"iss": provider.issuer, "aud": "isthmus", "sub": "a-1", "iat": now_s}
    key: Any = provider.key
    identity = jwt.encode({**claims, "exp": now_s + 9, "jti": "x"}, key, "ES256", {"kid": "1"})

    assert tells(town, identity) == 400

    assert is_in(browser)


def test_a_token_works_once(town: PostOffice, provider: ProviderOfTests) -> None:
    from_session(town, provider, "s1")
    token = logout_token(town, provider, sid=None)
    assert tells(town, token) == 200
    later = from_session(town, provider, "s3")

    assert tells(town, token) == 200

    assert is_in(later)


def test_only_providers_that_may_are_heard(
    open_post_office: Callable[..., PostOffice], provider: ProviderOfTests, internet: Internet
) -> None:
    wanted = SingleSignOn(openid=(provider.settings(),))
    trust = Federation(enabled=False, custom_ca_paths=(internet.authority.path,))
    town = open_post_office(single_sign_on=wanted, federation=trust)
    browser = town.browser()
    registers(browser, provider)
    body = urlencode({"logout_token": logout_token(town, provider)}).encode()

    assert town.server.exchange("POST", f"{ACCOUNT}/sso/logout/example", body).raw()[0] == 404

    assert is_in(browser)


def test_an_unknown_provider_is_told_so(town: PostOffice, provider: ProviderOfTests) -> None:
    assert tells(town, logout_token(town, provider), to="nobody") == 400
