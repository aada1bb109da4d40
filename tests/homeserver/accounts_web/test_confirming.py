"""Apps that cannot ask for a password lead here, and their users confirm what is to be done."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from attrs import define

from homeserver.config.network import Federation
from homeserver.config.single_sign_on import SingleSignOn
from tests.authenticator import turns_on
from tests.browser import BASE, PASSWORD, Browser, Page
from tests.homeserver.accounts_web.test_single_sign_on import ALICE, comes_in, provider, registers
from tests.internet import Internet
from tests.openid_provider import ProviderOfTests
from tests.outcomes import outcome
from tests.people import Person, Refused, Server
from tests.post_office import PostOffice

__all__ = ["provider"]

ACCOUNT, CONFIRM = "/_isthmus/account", "/_isthmus/account/confirm"
FALLBACK = "/_matrix/client/v3/auth/m.login.sso/fallback/web"
BOB = {"sub": "b-1", "preferred_username": "bob"}


@define
class Asking:
    """An app of alice, which was told to have something confirmed."""

    alice: Person
    method: str
    path: str
    body: dict[str, Any]
    told: dict[str, Any]

    @classmethod
    def of(cls, alice: Person, method: str, path: str, **body: Any) -> "Asking":
        refused = refusal(alice, method, path, body)
        assert refused.status == 401, refused
        return cls(alice, method, path, body, refused.body)

    @property
    def flows(self) -> list[list[str]]:
        return [it["stages"] for it in self.told["flows"]]

    @property
    def page(self) -> str:
        return f"{CONFIRM}?{urlencode({'session': self.told['session']})}"

    def goes_on(self, **changes: Any) -> dict[str, Any]:
        body = {**self.body, **changes, "auth": {"session": self.told["session"]}}
        return dict(self.alice.ask(self.method, self.path, body).json())

    def is_refused(self, **changes: Any) -> bool:
        try:
            self.goes_on(**changes)
        except Refused as refused:
            return refused.status in (401, 403)
        return False


def refusal(person: Person, method: str, path: str, body: dict[str, Any]) -> Refused:
    with pytest.raises(Refused) as refused:
        person.ask(method, path, body).json()
    return refused.value


@pytest.fixture
def town(
    open_post_office: Callable[..., PostOffice], provider: ProviderOfTests, internet: Internet
) -> PostOffice:
    wanted = SingleSignOn(openid=(provider.settings(),))
    trust = Federation(enabled=False, custom_ca_paths=(internet.authority.path,))
    return open_post_office(single_sign_on=wanted, federation=trust)


@pytest.fixture
def browser(town: PostOffice, provider: ProviderOfTests) -> Browser:
    """Alice has come from the provider, and has no password. It was a while ago."""
    browser = town.browser()
    registers(browser, provider)
    town.server.clock.advance(60)
    return browser


@pytest.fixture
def alice(town: PostOffice, browser: Browser) -> Person:
    """Her older app."""
    return app_of(browser)


def app_of(browser: Browser, device_id: str = "APP") -> Person:
    redirect = "/_isthmus/account/sso/app?" + urlencode({"redirectUrl": "https://app.example/"})
    back = browser.fills(browser.opens(redirect)).location
    token = back.partition("loginToken=")[2]
    body = {"type": "m.login.token", "token": token, "device_id": device_id}
    answer = browser.server.anonymous.post("/v3/login", body)
    return Person(browser.server, "alice", answer["access_token"])


def link_to_provider(page: Page) -> str:
    begin = page.text.index('href="/_isthmus/account/sso/start') + 6
    return page.text[begin : page.text.index('"', begin)].replace("&amp;", "&")


def proves(browser: Browser, provider: ProviderOfTests, page: Page, **claims: Any) -> Page:
    """From the page to the provider and back."""
    there = browser.opens(link_to_provider(page)).location
    browser.server.clock.advance(1)
    return browser.opens(provider.lets_in(there, **{**ALICE, **claims}))


def confirms(browser: Browser, provider: ProviderOfTests, asking: Asking) -> Page:
    back = proves(browser, provider, browser.opens(asking.page))
    return browser.fills(browser.opens(back.location))


DOORS: list[tuple[str, str, dict[str, Any], str]] = [
    ("DELETE", "/v3/devices/OLD", {}, "sign out these devices of @alice:test: Old one (OLD)"),
    ("POST", "/v3/delete_devices", {"devices": ["OLD"]}, "Old one (OLD)"),
    ("POST", "/v3/account/deactivate", {"erase": True}, "close the account @alice:test for ever"),
    ("POST", "/v3/account/password", {"new_password": PASSWORD}, "set a new password"),
    ("POST", "/v1/login/get_token", {}, "sign in another device"),
]


@pytest.mark.parametrize(("method", "path", "body", "words"), DOORS, ids=lambda it: str(it)[:24])
def test_who_has_no_password_comes_from_the_provider_again(
    alice: Person,
    browser: Browser,
    provider: ProviderOfTests,
    method: str,
    path: str,
    body: dict[str, Any],
    words: str,
) -> None:
    app_of(browser, "OLD").put("/v3/devices/OLD", {"display_name": "Old one"})
    asking = Asking.of(alice, method, path, **body)
    assert asking.flows[0] == ["m.login.sso"] and ["m.login.password"] not in asking.flows
    assert asking.is_refused()
    page = browser.opens(asking.page)
    assert words in page.text
    assert "<button>" not in page.text and 'name="decision"' not in page.text
    back = proves(browser, provider, page)
    assert asking.is_refused()

    done = browser.fills(browser.opens(back.location))

    assert "Go back to the app" in done.text
    asking.goes_on()


def test_older_apps_find_the_page_by_the_address_of_the_specification(
    alice: Person, browser: Browser
) -> None:
    asking = Asking.of(alice, "DELETE", "/v3/devices/OLD")

    page = browser.opens(f"{FALLBACK}?{urlencode({'session': asking.told['session']})}")

    assert page.location == BASE + asking.page


def test_the_provider_is_asked_to_let_them_sign_in_anew(
    alice: Person, browser: Browser, provider: ProviderOfTests
) -> None:
    page = browser.opens(Asking.of(alice, "DELETE", "/v3/devices/OLD").page)

    there = browser.opens(link_to_provider(page)).location

    assert "prompt=login" in there
    long_ago = browser.server.clock.now_ms() // 1000 - 3600
    assert browser.opens(provider.lets_in(there, **ALICE, auth_time=long_ago)).status == 403


def test_an_answer_for_another_person_confirms_nothing_and_says_so(
    town: PostOffice, alice: Person, browser: Browser, provider: ProviderOfTests
) -> None:
    asking = Asking.of(alice, "DELETE", "/v3/devices/OLD")
    for claims in (BOB, {"sub": "nobody-here"}):
        page = proves(browser, provider, browser.opens(asking.page), **claims)
        assert page.status == 403 and "somebody else than the owner" in page.text

    assert asking.is_refused()
    assert "@alice:test" in browser.opens(ACCOUNT).text


def test_nobody_confirms_what_an_app_of_another_account_asks_for(
    town: PostOffice, alice: Person, provider: ProviderOfTests
) -> None:
    asking = Asking.of(alice, "DELETE", "/v3/devices/OLD")
    town.server.person("mallory")
    mallory = town.browser()
    mallory.signs_in("mallory")

    page = mallory.opens(asking.page)

    assert page.status == 403 and "another account" in page.text
    assert "@alice" not in page.text
    _, own = mallory.opens(ACCOUNT + "/password").form
    fields = {"form_token": own["form_token"], "session": asking.told["session"], "wish": "00"}
    assert mallory.sends(CONFIRM, fields).status == 403
    assert asking.is_refused()


def test_what_was_signed_in_before_is_not_enough(
    alice: Person, browser: Browser, provider: ProviderOfTests
) -> None:
    """An open browser, and a copied token, are not the owner."""
    comes_in(browser, provider)
    browser.server.clock.advance(1)
    asking = Asking.of(alice, "DELETE", "/v3/devices/OLD")
    page = browser.opens(asking.page)
    _, own = browser.opens(ACCOUNT + "/password").form

    fields = {"form_token": own["form_token"], "session": asking.told["session"], "wish": "00"}
    refused = browser.sends(CONFIRM, fields)

    assert "<button" not in page.text.partition("<main>")[2]
    assert refused.status == 403 and "signed in a moment ago" in refused.text
    assert asking.is_refused()


def test_what_is_confirmed_is_what_was_shown(
    alice: Person, browser: Browser, provider: ProviderOfTests
) -> None:
    asking = Asking.of(alice, "POST", "/v3/delete_devices", devices=["ONE"])
    back = proves(browser, provider, browser.opens(asking.page))
    page = browser.opens(back.location)
    assert asking.is_refused(devices=["ONE", "TWO"])

    assert browser.fills(page).status == 404
    assert asking.is_refused(devices=["ONE", "TWO"])

    assert browser.fills(browser.opens(asking.page)).status == 200
    assert asking.is_refused(devices=["ONE"])
    assert asking.goes_on(devices=["ONE", "TWO"]) == {}


def test_a_confirmation_is_for_one_request_once(
    alice: Person, browser: Browser, provider: ProviderOfTests
) -> None:
    asking = Asking.of(alice, "POST", "/v3/delete_devices", devices=["ONE"])
    confirms(browser, provider, asking)
    other = {"auth": {"session": asking.told["session"]}}
    assert refusal(alice, "DELETE", "/v3/devices/ONE", other).status == 401
    assert refusal(alice, "POST", "/v3/account/deactivate", other).status == 401

    assert asking.goes_on() == {}

    assert asking.is_refused()


def test_a_restart_forgets_what_was_asked_and_says_so(alice: Person, browser: Browser) -> None:
    asking = Asking.of(alice, "DELETE", "/v3/devices/OLD")
    browser.server.app.accounts.interactive_auth.bodies.forget(asking.told["session"])

    for session in (asking.told["session"], "unknown", ""):
        page = browser.opens(f"{CONFIRM}?{urlencode({'session': session})}")
        assert page.status == 404 and "Begin again in the app" in page.text


def test_two_steps_stay_two(
    town: PostOffice, alice: Person, browser: Browser, provider: ProviderOfTests
) -> None:
    comes_in(browser, provider)
    phone = turns_on(browser)
    asking = Asking.of(alice, "DELETE", "/v3/devices/OLD")
    page = browser.opens(asking.page)

    half = proves(browser, provider, page)

    assert half.location.startswith(ACCOUNT + "/second-step")
    assert browser.opens(asking.page).status == 303
    assert asking.is_refused()
    back = browser.fills(browser.opens(half.location), code=phone.code())
    assert back.location == asking.page
    assert browser.fills(browser.opens(asking.page)).status == 200
    assert asking.goes_on() == {}


def test_a_token_that_was_confirmed_by_both_steps_signs_in_a_device(
    alice: Person, browser: Browser, provider: ProviderOfTests
) -> None:
    comes_in(browser, provider)
    phone = turns_on(browser)
    asking = Asking.of(alice, "POST", "/v1/login/get_token")
    half = proves(browser, provider, browser.opens(asking.page))
    browser.fills(browser.opens(half.location), code=phone.code())
    browser.fills(browser.opens(asking.page))

    token = asking.goes_on()["login_token"]

    login = {"type": "m.login.token", "token": token}
    assert browser.server.anonymous.post("/v3/login", login)["user_id"] == "@alice:test"


def test_a_password_and_a_code_do_as_well(town: PostOffice) -> None:
    """Accounts with two steps, and older apps."""
    server, browser = town.server, town.browser()
    server.person("alice")
    browser.signs_in()
    phone = turns_on(browser)
    alice = app_of(browser)
    server.clock.advance(60)
    asking = Asking.of(alice, "DELETE", "/v3/devices/OLD")
    assert asking.flows == [["m.login.sso"]]
    for wrong in ({"password": "guess", "code": phone.code()}, {"password": PASSWORD, "code": "1"}):
        page = browser.fills(browser.opens(asking.page), **wrong)
        assert page.status == 403 and 'role="alert"' in page.text
    assert asking.is_refused()

    done = browser.fills(browser.opens(asking.page), password=PASSWORD, code=phone.code())

    assert done.status == 200
    assert asking.goes_on() == {}


def test_who_has_both_may_choose_and_who_has_a_password_alone_is_asked_for_it(
    town: PostOffice, alice: Person, browser: Browser, provider: ProviderOfTests
) -> None:
    comes_in(browser, provider)
    page = browser.opens(ACCOUNT + "/password")
    browser.fills(page, new_password=PASSWORD, repeated=PASSWORD)
    bob = town.server.person("bob")

    either = Asking.of(alice, "DELETE", "/v3/devices/OLD")

    assert either.flows == [["m.login.password"], ["m.login.sso"]]
    assert Asking.of(bob, "DELETE", "/v3/devices/OLD").flows == [["m.login.password"]]
    assert confirms(browser, provider, either).status == 200
    assert either.goes_on() == {}


def test_new_cross_signing_keys_too(
    alice: Person, browser: Browser, provider: ProviderOfTests
) -> None:
    def master(letter: str) -> dict[str, object]:
        key = letter * 42 + "A"
        return {"keys": {f"ed25519:{key}": key}, "usage": ["master"], "user_id": "@alice:test"}

    upload = "/v3/keys/device_signing/upload"
    alice.post(upload, {"master_key": master("A")})
    browser.server.clock.advance(3600)
    asking = Asking.of(alice, "POST", upload, master_key=master("B"))
    assert ["m.login.sso"] in asking.flows

    assert confirms(browser, provider, asking).status == 200

    assert asking.goes_on() == {}
    assert asking.is_refused(master_key=master("C"))


def test_the_page_cannot_be_framed_and_tells_the_app_that_opened_it(
    alice: Person, browser: Browser, provider: ProviderOfTests
) -> None:
    asking = Asking.of(alice, "DELETE", "/v3/devices/OLD")
    page = browser.opens(asking.page)
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]

    done = confirms(browser, provider, asking)

    script = "/_isthmus/account/confirmed.js"
    assert f"script-src {BASE}{script};" in done.headers["content-security-policy"]
    assert f'src="{script}"' in done.text
    assert "cross-origin-opener-policy" not in done.headers
    assert "onAuthDone" in browser.opens(script).text
    assert "cross-origin-opener-policy" in browser.opens(ACCOUNT).headers


def test_a_form_of_another_site_confirms_nothing(
    alice: Person, browser: Browser, provider: ProviderOfTests
) -> None:
    asking = Asking.of(alice, "DELETE", "/v3/devices/OLD")
    back = proves(browser, provider, browser.opens(asking.page))
    action, fields = browser.opens(back.location).form

    assert browser.sends(action, {**fields, "form_token": "guess"}).status == 403

    assert asking.is_refused()


def test_a_locked_account_confirms_nothing(
    town: PostOffice, alice: Person, browser: Browser, provider: ProviderOfTests
) -> None:
    asking = Asking.of(alice, "DELETE", "/v3/devices/OLD")
    back = proves(browser, provider, browser.opens(asking.page))
    page = browser.opens(back.location)
    outcome(town.server.app.accounts.accounts.lock("@alice:test", True))

    assert browser.fills(page).status == 303

    assert asking.is_refused()


def test_without_pages_everything_is_as_it_was(start_server: Callable[..., Server]) -> None:
    server = start_server(public_baseurl=BASE, single_sign_on=SingleSignOn(old_apps=False))
    alice = server.person("alice")
    turns_on(signed_in(server))

    assert Asking.of(alice, "DELETE", "/v3/devices/OLD").flows == [["m.login.password"]]
    assert server.exchange("GET", f"{FALLBACK}?session=x").raw()[0] == 404


def signed_in(server: Server) -> Browser:
    browser = Browser(server)
    browser.signs_in()
    return browser
