"""People look after their accounts."""

import pytest

from tests.browser import PASSWORD, App, Browser, person
from tests.people import Refused, Server

ACCOUNT = "/_isthmus/account"


def test_a_device_is_signed_out_from_the_browser(
    server: Server, app: App, browser: Browser
) -> None:
    alice = person(server, app.signs_in(browser))
    assert "Example app" in browser.opens(ACCOUNT).text
    link = browser.opens(ACCOUNT + "?action=org.matrix.device_delete&device_id=PHONE").location

    browser.fills(browser.opens(link))

    assert "Example app" not in browser.opens(ACCOUNT).text
    with pytest.raises(Refused, match="M_UNKNOWN_TOKEN"):
        alice.get("/v3/account/whoami")


@pytest.mark.parametrize(
    ("action", "page"),
    [
        ("org.matrix.devices_list", ""),
        ("org.matrix.sessions_list", ""),
        ("org.matrix.device_view&device_id=FIRST", "/device?device_id=FIRST"),
        ("org.matrix.session_end&device_id=FIRST", "/device?device_id=FIRST"),
        ("org.matrix.account_deactivate", "/deactivate"),
        ("org.matrix.cross_signing_reset", "/cross-signing"),
        ("com.example.unknown", ""),
    ],
)
def test_apps_lead_to_the_page_for_what_is_wanted(browser: Browser, action: str, page: str) -> None:
    answer = browser.opens(f"{ACCOUNT}?action={action}")

    assert answer.headers.get("location", ACCOUNT) == ACCOUNT + page


def test_others_devices_are_out_of_reach(server: Server, browser: Browser) -> None:
    bob = server.person("bob", device_id="BOBS")

    assert browser.opens(ACCOUNT + "/device?device_id=BOBS").status == 404
    page = browser.opens(ACCOUNT + "/device?device_id=FIRST")
    browser.fills(page, device_id="BOBS")

    assert bob.get("/v3/account/whoami")["device_id"] == "BOBS"


def test_a_new_password_ends_other_browsers_and_codes(
    server: Server, app: App, browser: Browser
) -> None:
    other = Browser(server)
    other.signs_in()
    code = app.gets_code(other)

    answer = browser.fills(
        browser.opens(ACCOUNT + "/password"),
        password=PASSWORD,
        new_password="another battery",
        repeated="another battery",
        log_out="yes",
    )

    assert answer.status == 303
    assert browser.opens(ACCOUNT).status == 200
    assert other.opens(ACCOUNT).status == 303
    assert app.exchanges(code)[0] == 400
    assert Browser(server).signs_in(password=PASSWORD).status == 403
    assert Browser(server).signs_in(password="another battery").status == 303


def test_an_open_browser_is_not_enough_to_take_the_account(
    server: Server, browser: Browser
) -> None:
    """Whoever finds it does not know the password."""
    page = browser.fills(
        browser.opens(ACCOUNT + "/password"),
        password="guess",
        new_password="another battery",
        repeated="another battery",
    )
    assert page.status == 403
    assert "The password is wrong." in page.text

    assert browser.fills(browser.opens(ACCOUNT + "/deactivate"), password="guess").status == 403
    assert Browser(server).signs_in().status == 303


def test_an_account_is_closed(server: Server, app: App, browser: Browser) -> None:
    alice = person(server, app.signs_in(browser))

    page = browser.fills(browser.opens(ACCOUNT + "/deactivate"), password=PASSWORD)

    assert "The account is closed." in page.text
    assert browser.opens(ACCOUNT).status == 303
    with pytest.raises(Refused):
        alice.get("/v3/account/whoami")


def master_key(letter: str) -> dict[str, object]:
    key = letter * 42 + "A"
    return {"keys": {f"ed25519:{key}": key}, "usage": ["master"], "user_id": "@alice:test"}


MASTER, OTHER = master_key("A"), master_key("B")


def test_new_cross_signing_keys_are_agreed_to_in_the_browser(
    server: Server, app: App, browser: Browser
) -> None:
    alice = person(server, app.signs_in(browser))
    upload = "/v3/keys/device_signing/upload"
    alice.post(upload, {"master_key": MASTER})

    with pytest.raises(Refused) as asked:
        alice.post(upload, {"master_key": OTHER})
    told = asked.value.body
    assert told["flows"] == [
        {"stages": ["m.oauth"]},
        {"stages": ["org.matrix.cross_signing_reset"]},
    ]
    again = {"master_key": OTHER, "auth": {"session": told["session"]}}
    with pytest.raises(Refused):
        alice.post(upload, again)

    url = told["params"]["m.oauth"]["url"]
    browser.fills(browser.opens(url))

    assert alice.post(upload, again) == {}
    with pytest.raises(Refused):
        alice.post(upload, {"master_key": MASTER, "auth": {"session": told["session"]}})
