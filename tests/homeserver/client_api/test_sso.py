"""Apps that know no OAuth 2.0 lead to the pages, and get a token that logs them in."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from homeserver.config.accounts import OAuth
from homeserver.config.single_sign_on import OpenIdProvider, SingleSignOn
from tests.authenticator import turns_on
from tests.browser import BASE, PASSWORD, Browser, answer_in
from tests.outcomes import outcome
from tests.people import Person, Refused, Server

APP = "https://app.example.com/back?x=1&loginToken=old"
REDIRECT = "/_matrix/client/v3/login/sso/redirect"
PROVIDER = OpenIdProvider(
    id="example", name="Example", issuer="https://login.example", client_id="x", brand="github"
)


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    server = start_server(public_baseurl=BASE)
    server.person("alice")
    return server


def sent(server: Server, path: str = REDIRECT, **query: str) -> str:
    """Where the browser is sent that an app leads here."""
    asked = server.exchange("GET", f"{path}?{urlencode({'redirectUrl': APP, **query})}")
    status = asked.raw()[0]
    assert status == 302, asked.transport.written
    head = asked.transport.written.partition(b"\r\n\r\n")[0].decode()
    return head.partition("Location: ")[2].partition("\r\n")[0]


def agrees(browser: Browser, **query: str) -> str:
    """From the app to the app, by the pages."""
    page = browser.opens(sent(browser.server, **query))
    if page.status == 303:
        page = browser.opens(page.location)
    else:
        page = browser.opens(browser.fills(page, username="alice", password=PASSWORD).location)
    assert "An app at " in page.text
    return browser.fills(page).location


def logs_in(server: Server, token: str) -> Person:
    answer = server.anonymous.post("/v3/login", {"type": "m.login.token", "token": token})
    return Person(server, "alice", answer["access_token"])


def test_apps_are_told_and_those_that_know_oauth_prefer_it(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(public_baseurl=BASE, single_sign_on=SingleSignOn(openid=(PROVIDER,)))

    flows = {it["type"]: it for it in server.anonymous.get("/v3/login")["flows"]}

    assert flows["m.login.sso"] == {
        "type": "m.login.sso",
        "oauth_aware_preferred": True,
        "org.matrix.msc3824.delegated_oidc_compatibility": True,
        "identity_providers": [{"id": "example", "name": "Example", "brand": "github"}],
    }


@pytest.mark.parametrize(
    "changes",
    [{"oauth": OAuth(enabled=False)}, {"single_sign_on": SingleSignOn(old_apps=False)}],
    ids=["no pages", "not wanted"],
)
def test_without_pages_or_when_it_is_not_wanted_there_is_none(
    start_server: Callable[..., Server], changes: dict[str, Any]
) -> None:
    server = start_server(public_baseurl=BASE, **changes)

    assert "m.login.sso" not in [it["type"] for it in server.anonymous.get("/v3/login")["flows"]]
    assert server.exchange("GET", f"{REDIRECT}?redirectUrl=https://x.org/").raw()[0] == 404


def test_a_token_comes_back_once_the_user_agrees(server: Server) -> None:
    browser = Browser(server)

    back = agrees(browser)

    assert back.startswith("https://app.example.com/back?x=1&loginToken=il_")
    assert back.count("loginToken") == 1
    token = answer_in(back)["loginToken"]
    assert logs_in(server, token).get("/v3/account/whoami")["user_id"] == "@alice:test"
    with pytest.raises(Refused, match="403"):
        logs_in(server, token)


def test_who_is_signed_in_is_asked_all_the_same(server: Server) -> None:
    browser = Browser(server)
    browser.signs_in()

    assert "loginToken" in agrees(browser)


def test_trusted_apps_are_answered_without_asking(start_server: Callable[..., Server]) -> None:
    trusted = SingleSignOn(trusted_apps=("https://app.example.com",))
    server = start_server(public_baseurl=BASE, single_sign_on=trusted)
    server.person("alice")
    browser = Browser(server)
    browser.signs_in()

    page = browser.opens(browser.opens(sent(server)).location)

    assert page.status == 200
    assert "0;url=https://app.example.com/back?x=1&amp;loginToken=il_" in page.text
    like = "https://app.example.com.evil.example/"
    other = browser.opens(browser.opens(sent(server, redirectUrl=like)).location)
    assert "An app at app.example.com.evil.example asks" in other.text


def test_two_steps_are_taken_on_the_pages_and_open_old_apps_too(server: Server) -> None:
    browser = Browser(server)
    browser.signs_in()
    turns_on(browser)

    back = agrees(browser)

    logs_in(server, answer_in(back)["loginToken"]).get("/v3/account/whoami")


def test_half_a_sign_in_gets_no_token(server: Server) -> None:
    browser = Browser(server)
    browser.signs_in()
    turns_on(browser)
    half = Browser(server)
    asked = half.signs_in()
    assert "second-step" in asked.location

    page = half.opens(f"/_isthmus/account/sso/app?redirectUrl={quote(APP, '')}")

    assert "/sign-in" in page.location


def test_a_token_from_before_two_steps_opens_nothing(server: Server) -> None:
    browser = Browser(server)
    back = agrees(browser)
    turns_on(browser)

    with pytest.raises(Refused, match="403"):
        logs_in(server, answer_in(back)["loginToken"])


def test_a_token_opens_no_account_that_was_locked_meanwhile(server: Server) -> None:
    back = agrees(Browser(server))
    outcome(server.app.accounts.accounts.lock("@alice:test", True))

    with pytest.raises(Refused, match="M_USER_LOCKED"):
        logs_in(server, answer_in(back)["loginToken"])


def test_who_wants_to_register_comes_to_that_page(server: Server) -> None:
    for name in ("action", "org.matrix.msc3824.action"):
        assert urlsplit(sent(server, **{name: "register"})).path == "/_isthmus/account/register"
    assert urlsplit(sent(server, action="login")).path == "/_isthmus/account/sign-in"


def test_a_provider_can_be_chosen_and_must_be_there(start_server: Callable[..., Server]) -> None:
    server = start_server(public_baseurl=BASE, single_sign_on=SingleSignOn(openid=(PROVIDER,)))

    where = sent(server, REDIRECT + "/example")

    assert where.startswith(f"{BASE}/_isthmus/account/sso/start?provider=example&next=")
    path = f"{REDIRECT}/another?redirectUrl={quote(APP, '')}"
    assert server.exchange("GET", path).raw()[0] == 404


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "https://user@evil.example/",
        "//evil.example/",
        "/relative",
        "https://x.org/\\evil",
        "https://x.org/ y",
        "https:///nowhere",
        "",
    ],
)
def test_nobody_is_sent_to_what_is_no_app(server: Server, url: str) -> None:
    asked = server.exchange("GET", f"{REDIRECT}?{urlencode({'redirectUrl': url})}")
    assert asked.raw()[0] == 400

    browser = Browser(server)
    browser.signs_in()
    page = browser.opens(f"/_isthmus/account/sso/app?{urlencode({'redirectUrl': url})}")
    assert page.status == 400


def test_an_app_of_a_telephone_is_answered_by_its_scheme(server: Server) -> None:
    browser = Browser(server)

    back = agrees(browser, redirectUrl="element://connect?for=app.example.com")

    assert back.startswith("element://connect?for=app.example.com&loginToken=")
