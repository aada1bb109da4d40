"""Two steps on the pages: turned on, asked for, lost and turned off."""

from collections.abc import Callable

import pytest

from homeserver.accounts_web.authorizing import ConsentPages
from homeserver.config.limits import Limit, LoginLimits, RateLimits
from homeserver.errors import Forbidden
from homeserver.users.browsers import Visitor
from tests.authenticator import TWO_STEPS, turns_on
from tests.browser import BASE, PASSWORD, App, Browser
from tests.outcomes import outcome
from tests.people import Server

ACCOUNT = "/_isthmus/account"
STEP = "/_isthmus/account/second-step"


def test_a_code_is_asked_for_after_the_password(server: Server, browser: Browser) -> None:
    phone = turns_on(browser)
    other = Browser(server)

    asked = other.opens(other.signs_in().location)
    assert other.opens(ACCOUNT).status == 303

    assert other.fills(asked, code=phone.code()).location == ACCOUNT
    assert other.opens(ACCOUNT).status == 200


def test_half_a_sign_in_opens_no_page(server: Server, app: App, browser: Browser) -> None:
    turns_on(browser)
    half = Browser(server)
    half.signs_in()

    for path in (ACCOUNT, TWO_STEPS, ACCOUNT + "/password", "/_isthmus/link", app.url()):
        assert half.opens(path).location.startswith(ACCOUNT + "/sign-in?next="), path


def test_half_a_sign_in_cannot_agree_for_an_app(server: Server, app: App, browser: Browser) -> None:
    turns_on(browser)
    half = Browser(server)
    asked = half.opens(half.signs_in().location)
    query = app.url().partition("?")[2]
    token = asked.form[1]["form_token"]

    answer = half.sends(
        "/_isthmus/oauth/authorize", {"form_token": token, "query": query, "decision": "yes"}
    )

    assert answer.location.startswith(ACCOUNT + "/sign-in")


def test_half_a_sign_in_lasts_ten_minutes(server: Server, browser: Browser) -> None:
    phone = turns_on(browser)
    other = Browser(server)
    asked = other.opens(other.signs_in().location)

    server.clock.advance(600)

    assert other.fills(asked, code=phone.code()).location.startswith(ACCOUNT + "/sign-in")


def test_a_code_works_once(server: Server, browser: Browser) -> None:
    phone = turns_on(browser)
    first, second = Browser(server), Browser(server)
    pages = [it.opens(it.signs_in().location) for it in (first, second)]
    code = phone.code()

    assert first.fills(pages[0], code=code).status == 303
    assert second.fills(pages[1], code=code).status == 403
    assert second.opens(ACCOUNT).status == 303


def test_a_recovery_code_works_once(server: Server, browser: Browser) -> None:
    phone = turns_on(browser)
    code = phone.recovery_codes[3]
    first, second = Browser(server), Browser(server)
    pages = [it.opens(it.signs_in().location) for it in (first, second)]

    assert first.fills(pages[0], code=code.replace("-", " ")).status == 303
    assert second.fills(pages[1], code=code).status == 403
    assert "Recovery codes left: 9." in first.opens(TWO_STEPS).text


def test_guessing_codes_is_slowed_down(start_server: Callable[..., Server]) -> None:
    limits = RateLimits(login=LoginLimits(failed=Limit(0.001, 3)))
    server = start_server(public_baseurl=BASE, rate_limits=limits)
    server.person("alice")
    browser = Browser(server)
    browser.signs_in()
    phone = turns_on(browser)
    other = Browser(server)
    page = other.opens(other.signs_in().location)

    statuses = [other.fills(page, code=f"{number:06}").status for number in range(4)]

    assert statuses == [403, 403, 403, 429]
    assert other.fills(page, code=phone.code()).status == 429


def test_it_is_turned_off_by_both_proofs_only(server: Server, browser: Browser) -> None:
    phone = turns_on(browser)
    for fields in (
        {"password": PASSWORD, "code": "000000"},
        {"password": "guess", "code": phone.code()},
    ):
        answer = browser.fills(browser.opens(TWO_STEPS), decision="remove", **fields)
        assert answer.status == 403
    assert Browser(server).signs_in().location.startswith(STEP)

    page = browser.opens(TWO_STEPS)
    browser.fills(page, decision="remove", password=PASSWORD, code=phone.code())

    assert Browser(server).signs_in().location == ACCOUNT


def test_new_recovery_codes_replace_the_old_ones(server: Server, browser: Browser) -> None:
    phone = turns_on(browser)
    page = browser.opens(TWO_STEPS)
    browser.fills(page, decision="codes", password=PASSWORD, code=phone.code())
    other = Browser(server)
    asked = other.opens(other.signs_in().location)

    assert other.fills(asked, code=phone.recovery_codes[0]).status == 403


def test_it_is_not_turned_on_by_a_wrong_code_or_without_the_password(browser: Browser) -> None:
    page = browser.opens(TWO_STEPS)
    assert browser.fills(page, password="guess", decision="begin").status == 403

    page = browser.fills(page, password=PASSWORD, decision="begin")
    again = browser.fills(page, code="000000", decision="confirm")

    assert again.status == 403
    assert 'class="key"' in again.text
    assert "Turn it on" in again.text


def test_what_is_set_up_cannot_be_set_up_over(browser: Browser) -> None:
    page = browser.opens(TWO_STEPS)
    turns_on(browser)
    page = browser.opens(TWO_STEPS)

    answer = browser.fills(page, password=PASSWORD, code="", decision="begin")

    assert answer.status == 403
    assert 'class="key"' not in answer.text


def test_a_request_that_was_on_its_way_when_two_steps_were_turned_on_comes_too_late(
    server: Server, browser: Browser
) -> None:
    """The page had let the browser in before; the write comes after."""
    pages = next(it for it in server.app.endpoints["client"] if isinstance(it, ConsentPages))
    still = pages.door.browsers.still(browser.cookies["__Host-isthmus"])
    outcome(server.app.database.write(still))

    turns_on(Browser(server, cookies=dict(browser.cookies)))

    with pytest.raises(Forbidden):
        outcome(server.app.database.write(still))


def test_a_password_that_was_checked_before_opens_half_after(
    server: Server, browser: Browser
) -> None:
    pages = next(it for it in server.app.endpoints["client"] if isinstance(it, ConsentPages))
    browsers = pages.door.browsers
    turns_on(browser)

    _, is_whole = outcome(browsers.sign_in("@alice:test", Visitor("", "en"), has_all=False))

    assert not is_whole


def test_the_window_for_new_keys_closes_when_two_steps_are_turned_on(
    server: Server, browser: Browser
) -> None:
    until = server.clock.now_ms() + 600_000
    change = server.app.accounts.accounts.change
    outcome(
        server.app.database.write(
            lambda txn: change(txn, "@alice:test", keys_replaceable_until=until)
        )
    )

    turns_on(browser)

    account = outcome(server.app.accounts.accounts.find("@alice:test"))
    assert account is not None and account.keys_replaceable_until is None
