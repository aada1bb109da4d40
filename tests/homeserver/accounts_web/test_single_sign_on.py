"""Signing in through a provider of OpenID Connect."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from homeserver.config.network import Federation
from homeserver.config.single_sign_on import SingleSignOn
from tests.authenticator import turns_on
from tests.browser import PASSWORD, Browser, Page
from tests.internet import Internet
from tests.openid_provider import ProviderOfTests, new_key
from tests.outcomes import outcome
from tests.post_office import PostOffice

ACCOUNT, SSO = "/_isthmus/account", "/_isthmus/account/sso"
REGISTER = SSO + "/register"
ALICE: dict[str, Any] = {
    "sub": "a-1",
    "preferred_username": "Alice Smith",
    "name": "Alice S.",
    "email": "alice@example.net",
    "email_verified": True,
}
Open = Callable[..., PostOffice]


@pytest.fixture
def provider(internet: Internet) -> ProviderOfTests:
    provider = ProviderOfTests(internet)
    provider.listens()
    return provider


@pytest.fixture
def open_town(open_post_office: Open, provider: ProviderOfTests, internet: Internet) -> Open:
    def opened(*more: ProviderOfTests, **changes: Any) -> PostOffice:
        others = [it.settings(id=f"other{number}") for number, it in enumerate(more)]
        wanted = SingleSignOn(openid=(provider.settings(**changes), *others))
        trust = Federation(enabled=False, custom_ca_paths=(internet.authority.path,))
        return open_post_office(single_sign_on=wanted, federation=trust)

    return opened


@pytest.fixture
def town(open_town: Open) -> PostOffice:
    return open_town()


def goes(browser: Browser, next: str = ACCOUNT, provider: str = "example") -> str:
    """To the page of the provider."""
    query = urlencode({"provider": provider, "next": next})
    return browser.opens(f"{SSO}/start?{query}").location


def comes_in(browser: Browser, provider: ProviderOfTests, next: str = ACCOUNT) -> Page:
    return browser.opens(provider.lets_in(goes(browser, next), **ALICE))


def registers(browser: Browser, provider: ProviderOfTests, next: str = ACCOUNT) -> Page:
    page = browser.opens(comes_in(browser, provider, next).location)
    return browser.fills(page, username="alice")


def test_a_new_face_chooses_a_name_and_is_known_from_then_on(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    browser = town.browser()
    page = browser.opens(comes_in(browser, provider, "/_isthmus/link").location)
    assert 'value="alice.smith"' in page.text and "Example has told who you are" in page.text

    done = browser.fills(page, username="alice")

    assert done.location == "/_isthmus/link"
    assert "@alice:test" in browser.opens(ACCOUNT).text
    assert "alice@example.net" in browser.opens(ACCOUNT + "/mail").text
    profile = town.server.anonymous.get("/v3/profile/@alice:test")
    assert profile["displayname"] == "Alice S."
    again = town.browser()
    assert comes_in(again, provider).location == ACCOUNT
    assert "@alice:test" in again.opens(ACCOUNT).text


def test_the_sign_in_page_names_the_providers(town: PostOffice) -> None:
    page = town.browser().opens(f"{ACCOUNT}/sign-in?next=/_isthmus/link")

    assert "Continue with Example" in page.text
    assert f"{SSO}/start?provider=example&amp;next=%2F_isthmus%2Flink" in page.text


def test_an_answer_opens_nothing_in_another_browser(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    """Nobody is signed in as somebody else by a link."""
    registers(town.browser(), provider)
    mallory, victim = town.browser(), town.browser()
    victim.opens(ACCOUNT + "/sign-in")

    answer = provider.lets_in(goes(mallory), **ALICE)

    assert victim.opens(answer).status == 403
    assert victim.opens(ACCOUNT).status == 303


def test_an_answer_works_once(town: PostOffice, provider: ProviderOfTests) -> None:
    registers(town.browser(), provider)
    browser = town.browser()
    answer = provider.lets_in(goes(browser), **ALICE)
    assert browser.opens(answer).status == 303
    cookie = dict(browser.cookies)

    again = Browser(town.server, cookies=cookie)

    assert again.opens(answer).status == 403


def test_an_answer_for_one_provider_is_not_taken_from_another(
    open_town: Open, provider: ProviderOfTests, internet: Internet
) -> None:
    evil = ProviderOfTests(internet, issuer="https://evil.example")
    evil.listens("198.51.100.66")
    town = open_town(evil)
    registers(town.browser(), provider)
    browser = town.browser()
    answer = provider.lets_in(goes(browser), **ALICE)
    asked = len(evil.asked)

    elsewhere = answer.replace("callback/example", "callback/other0")

    assert browser.opens(elsewhere).status == 403
    assert len(evil.asked) == asked


def test_an_answer_names_who_it_comes_from(town: PostOffice, provider: ProviderOfTests) -> None:
    registers(town.browser(), provider)
    for change in ({"iss": "https://evil.example"}, {"iss": None}):
        browser = town.browser()
        answer = urlsplit(provider.lets_in(goes(browser), **ALICE))
        query = {name: it[0] for name, it in parse_qs(answer.query).items()}
        changed = {name: it for name, it in {**query, **change}.items() if it}

        assert browser.opens(f"{answer.path}?{urlencode(changed)}").status == 403


LIES: list[dict[str, Any]] = [
    {"iss": "https://evil.example"},
    {"aud": "another"},
    {"aud": ["isthmus", "another"]},
    {"azp": "another"},
    {"nonce": "another"},
    {"nonce": None},
    {"exp": 1},
    {"exp": "soon"},
    {"iat": 1},
    {"iat": None},
    {"sub": None},
    {"sub": ""},
    {"sub": "x" * 300},
]


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_an_identity_token_that_is_not_for_us_now_opens_nothing(
    town: PostOffice, provider: ProviderOfTests, lie: dict[str, Any]
) -> None:
    registers(town.browser(), provider)
    provider.told = lie

    assert comes_in(town.browser(), provider).status == 403


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_only_signatures_of_the_provider_count(
    town: PostOffice, provider: ProviderOfTests, algorithm: str
) -> None:
    registers(town.browser(), provider)
    provider.algorithm = algorithm

    assert comes_in(town.browser(), provider).status == 403


def test_new_keys_of_a_provider_are_found_and_strange_ones_are_not_trusted(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    registers(town.browser(), provider)
    real, provider.key = provider.key, new_key()
    assert comes_in(town.browser(), provider).status == 403
    provider.key = real
    assert comes_in(town.browser(), provider).status == 303


def test_a_provider_that_is_away_or_says_no_lets_nobody_in(
    town: PostOffice, provider: ProviderOfTests, internet: Internet
) -> None:
    browser = town.browser()
    url = goes(browser)
    state = parse_qs(urlsplit(url).query)["state"][0]
    denied = f"{SSO}/callback/example?error=access_denied&state={state}"
    assert browser.opens(denied).status == 403
    internet.unlisten("198.51.100.50", 443)

    assert browser.opens(provider.lets_in(goes(browser), **ALICE)).status == 403


def test_metadata_of_another_issuer_are_not_believed(
    open_town: Open, provider: ProviderOfTests
) -> None:
    provider.metadata = {"issuer": "https://evil.example"}
    town = open_town()

    assert town.browser().opens(f"{SSO}/start?provider=example").status == 403


def test_two_steps_are_asked_for_unless_the_provider_is_trusted(
    open_town: Open, provider: ProviderOfTests
) -> None:
    town = open_town()
    browser = town.browser()
    registers(browser, provider)
    begun = browser.fills(browser.opens(ACCOUNT + "/two-steps"), decision="begin")
    assert begun.status == 200
    # Whoever has no password proves who they are by having just signed in.
    phone = turns_on(browser)

    half = town.browser()
    asked = comes_in(half, provider)

    assert asked.location.startswith(ACCOUNT + "/second-step")
    assert half.opens(ACCOUNT).status == 303
    assert half.fills(half.opens(asked.location), code=phone.code()).location == ACCOUNT
    town.server.stop()
    trusting = open_town(trusts_second_factor=True)
    whole = trusting.browser()
    assert comes_in(whole, provider).location == ACCOUNT
    assert whole.opens(ACCOUNT).status == 200


def test_nobody_gets_an_account_by_its_name_or_address(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    town.server.person("alice")
    browser = town.browser()
    page = browser.opens(comes_in(browser, provider).location)

    taken = browser.fills(page, username="alice")

    assert taken.status == 400 and "taken" in taken.text
    assert browser.opens(ACCOUNT).status == 303


def connects(browser: Browser, provider: ProviderOfTests, password: str, sub: str = "a-1") -> Page:
    page = browser.opens(SSO)
    page = browser.fills(page, password=password, decision="connect:example")
    if page.status != 303:
        return page
    return browser.opens(provider.lets_in(page.location, **{**ALICE, "sub": sub}))


def test_an_account_is_connected_by_who_is_signed_in_and_knows_the_password(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    town.server.person("alice")
    browser = town.browser()
    browser.signs_in()
    assert connects(browser, provider, "a guess").status == 403

    assert connects(browser, provider, PASSWORD).location == SSO

    other = town.browser()
    assert comes_in(other, provider).location == ACCOUNT
    assert "@alice:test" in other.opens(ACCOUNT).text


def test_who_is_known_there_already_is_not_given_to_another(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    registers(town.browser(), provider)
    town.server.person("mallory")
    mallory = town.browser()
    mallory.signs_in("mallory")

    page = connects(mallory, provider, PASSWORD)

    assert page.status == 403 and "Somebody else" in page.text


def test_a_connection_goes_and_the_last_way_in_stays(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    browser = town.browser()
    registers(browser, provider)
    page = browser.fills(browser.opens(SSO), decision="disconnect:example")
    assert page.status == 403 and "Set a password first" in page.text
    page = browser.opens(ACCOUNT + "/password")
    browser.fills(page, new_password=PASSWORD, repeated=PASSWORD)

    page = browser.fills(browser.opens(SSO), password=PASSWORD, decision="disconnect:example")

    assert page.location == SSO
    assert comes_in(town.browser(), provider).location.startswith(REGISTER)
    assert town.browser().signs_in().status == 303


def test_an_open_browser_without_a_password_is_not_enough(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    browser = town.browser()
    registers(browser, provider)
    town.server.clock.advance(301)

    page = browser.opens(ACCOUNT + "/password")
    page = browser.fills(page, new_password=PASSWORD, repeated=PASSWORD)

    assert page.status == 403 and "signed in a moment ago" in page.text


def test_nobody_is_led_elsewhere_after_signing_in_there(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    registers(town.browser(), provider)

    for next in ("https://evil.example/", "//evil.example", "/_isthmus/account/../../evil"):
        where = comes_in(town.browser(), provider, next).location
        assert where.startswith("/_isthmus/account")
        assert "evil.example" not in where


def test_a_locked_account_is_not_let_in(town: PostOffice, provider: ProviderOfTests) -> None:
    registers(town.browser(), provider)
    outcome(town.server.app.accounts.accounts.lock("@alice:test", True))

    page = comes_in(town.browser(), provider)

    assert page.status == 401 and "locked" in page.text


def test_strangers_make_no_accounts_where_they_may_not(
    open_town: Open, provider: ProviderOfTests
) -> None:
    town = open_town(makes_accounts=False)

    assert comes_in(town.browser(), provider).status == 403


def test_a_new_face_cannot_be_worn_by_another_browser(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    browser, mallory = town.browser(), town.browser()
    mallory.opens(ACCOUNT + "/sign-in")
    page = browser.opens(comes_in(browser, provider).location)
    _, fields = page.form
    _, own = mallory.opens(ACCOUNT + "/sign-in").form

    stolen = {**fields, "form_token": own["form_token"], "username": "mallory"}

    assert mallory.sends(REGISTER, stolen).status == 403


def test_an_address_that_is_not_verified_or_is_somebodys_is_left_out(
    town: PostOffice, provider: ProviderOfTests
) -> None:
    provider.told = {"email_verified": False}
    browser = town.browser()
    registers(browser, provider)

    assert "alice@example.net" not in browser.opens(ACCOUNT + "/mail").text


def test_what_the_token_lacks_is_asked_for_and_must_be_about_the_same(
    open_town: Open, provider: ProviderOfTests
) -> None:
    provider.told = {"preferred_username": None}
    provider.userinfo = {"sub": "a-1", "preferred_username": "fromthere"}
    town = open_town()
    browser = town.browser()
    page = browser.opens(comes_in(browser, provider).location)
    assert 'value="fromthere"' in page.text
    provider.userinfo = {"sub": "another", "preferred_username": "fromthere"}

    assert comes_in(town.browser(), provider).status == 403


def test_settings_keep_their_secrets(provider: ProviderOfTests) -> None:
    assert "secret/of" not in repr(provider.settings())
