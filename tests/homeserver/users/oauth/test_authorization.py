"""Who asks wrongly is told so: the app where it is known, and else the user alone."""

import pytest

from tests.browser import RETURN, App, Browser, answer_in

UNKNOWN = {"client_id": "nobody"}, {"redirect_uri": "https://evil.org/"}, {"redirect_uri": ""}
WRONG = [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"code_challenge": ""}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": ""}, "invalid_request"),
    ({"response_mode": "form_post"}, "invalid_request"),
    ({"scope": ""}, "invalid_request"),
    ({"scope": "urn:matrix:client:api:*"}, "invalid_scope"),
    ({"scope": "urn:matrix:client:device:PHONE"}, "invalid_scope"),
    (
        {"scope": "urn:matrix:client:api:* urn:synapse:admin:* urn:matrix:client:device:X"},
        "invalid_scope",
    ),
    (
        {"scope": "urn:matrix:client:api:* urn:matrix:client:device:A urn:matrix:client:device:B"},
        "invalid_scope",
    ),
    ({"prompt": "none"}, "interaction_required"),
]


@pytest.mark.parametrize("changes", UNKNOWN)
def test_nobody_is_sent_to_an_address_that_no_app_registered(
    app: App, browser: Browser, changes: dict[str, str]
) -> None:
    page = browser.opens(app.url(**changes))

    assert page.status in (400, 401)
    assert "location" not in page.headers
    assert "The app asked in a way" in page.text


@pytest.mark.parametrize(("changes", "error"), WRONG)
def test_the_app_hears_what_was_wrong(
    app: App, browser: Browser, changes: dict[str, str], error: str
) -> None:
    location = browser.opens(app.url(**changes)).location

    assert location.startswith(RETURN + "?")
    answer = answer_in(location)
    assert (answer["error"], answer["state"]) == (error, "a state")
    assert answer["iss"] == "https://matrix.test/"


def test_a_parameter_that_comes_twice_is_refused(app: App, browser: Browser) -> None:
    assert browser.opens(app.url() + "&redirect_uri=https://evil.org/").status == 400
    assert answer_in(browser.opens(app.url() + "&scope=x").location)["error"] == "invalid_request"


def test_the_answer_comes_in_the_fragment_where_the_app_wants_it(
    app: App, browser: Browser
) -> None:
    page = browser.opens(app.url(response_mode="fragment"))

    location = browser.fills(page, decision="yes").location

    assert location.startswith(RETURN + "#")
    assert answer_in(location)["code"].startswith("ic_")


def test_the_app_hears_that_the_user_did_not_agree(app: App, browser: Browser) -> None:
    page = browser.opens(app.url())

    assert answer_in(browser.fills(page, decision="no").location)["error"] == "access_denied"


def test_what_was_agreed_to_is_checked_again(app: App, browser: Browser) -> None:
    page = browser.opens(app.url())
    query = page.form[1]["query"].replace("app.example.com", "evil.org")

    answer = browser.fills(page, query=query, decision="yes")

    assert answer.status == 400
    assert "location" not in answer.headers
