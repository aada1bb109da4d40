"""From a new account to its end, by an app of OAuth 2.0: both languages, phone and desktop."""

import json
from base64 import b32decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import time
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest

from homeserver.users.totp import code_of
from tests.accounts.chromium import Person, somebody
from tests.browser import PASSWORD, VERIFIER, answer_in, challenge_of

WAY_BACK = "http://127.0.0.1/back"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


class Back(BaseHTTPRequestHandler):
    """What the app shows when the browser comes back."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Back in the app.")

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture(scope="module")
def way_back() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Back)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/back"
    server.shutdown()


def posts(url: str, body: bytes, token: str = "") -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urlopen(Request(url, data=body or None, headers=headers)) as answer:
        told: dict[str, str] = json.load(answer)
        return told


def registered(base: str) -> str:
    metadata = {
        "client_name": "Example app",
        "client_uri": "https://example.com/",
        "application_type": "native",
        "redirect_uris": [WAY_BACK],
        "grant_types": ["authorization_code", "refresh_token", DEVICE_CODE],
    }
    return posts(base + "/_isthmus/oauth/register", json.dumps(metadata).encode())["client_id"]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_an_account_lives_and_ends_without_a_script(
    base: str, way_back: str, tmp_path: Path, language: str, width: int
) -> None:
    name = f"alice-{language}-{width}"
    app = registered(base)
    with somebody(tmp_path, language, width) as alice:
        token = makes_account_for_app(alice, base, app, way_back, name)
        assert posts(f"{base}/_matrix/client/v3/account/whoami", b"", token)["device_id"] == "PHONE"

        codes = turns_on_two_steps(alice, base)
        signs_out_and_in(alice, base, name, codes[0])
        lets_television_in(alice, base, app)
        signs_out_device(alice, base, token)
        closes_account(alice, base)


def makes_account_for_app(alice: Person, base: str, app: str, way_back: str, name: str) -> str:
    query = {
        "response_type": "code",
        "client_id": app,
        "redirect_uri": way_back,
        "scope": "urn:matrix:client:api:* urn:matrix:client:device:PHONE",
        "state": "x",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        "prompt": "create",
    }
    alice.opens(f"{base}/_isthmus/oauth/authorize?{urlencode(query)}")
    alice.types(username=name, password=PASSWORD, repeated=PASSWORD)
    alice.sees("1-register")
    alice.presses("yes")
    assert "Example app" in alice.sees("2-consent")
    alice.presses("yes")
    assert alice.sees("3-back") == "Back in the app."
    assert urlsplit(alice.place).path == "/back"
    form = {
        "grant_type": "authorization_code",
        "client_id": app,
        "code": answer_in(alice.place)["code"],
        "redirect_uri": way_back,
        "code_verifier": VERIFIER,
    }
    return posts(base + "/_isthmus/oauth/token", urlencode(form).encode())["access_token"]


def turns_on_two_steps(alice: Person, base: str) -> list[str]:
    alice.opens(base + "/_isthmus/account/two-steps")
    alice.sees("4-two-steps")
    alice.types(password=PASSWORD)
    alice.presses("begin")
    alice.sees("5-picture")
    secret = b32decode(alice.texts(".key")[0].replace(" ", ""))
    alice.types(code=code_of(secret, int(time()) // 30))
    alice.presses("confirm")
    alice.sees("6-recovery-codes")
    codes = alice.texts(".codes li")
    assert len(codes) == 10
    return codes


def signs_out_and_in(alice: Person, base: str, name: str, code: str) -> None:
    """By the keyboard alone."""
    alice.opens(base + "/_isthmus/account")
    alice.signs_out()
    alice.types(username=name, password="a guess")
    alice.presses_enter_in("password")
    alice.sees("7-wrong-password")
    assert len(alice.texts(".problem")) == 1
    alice.types(username=name, password=PASSWORD)
    alice.presses_enter_in("password")
    alice.types(code=code)
    alice.sees("8-second-step")
    alice.presses_enter_in("code")
    assert alice.place == base + "/_isthmus/account"


def lets_television_in(alice: Person, base: str, app: str) -> None:
    scope = "urn:matrix:client:api:* urn:matrix:client:device:TV"
    form = urlencode({"client_id": app, "scope": scope}).encode()
    told = posts(base + "/_isthmus/oauth/device", form)
    alice.opens(told["verification_uri"])
    alice.types(user_code=told["user_code"].lower())
    alice.sees("9-code")
    alice.presses_enter_in("user_code")
    alice.sees("10-television")
    alice.presses("yes")
    grant = {"grant_type": DEVICE_CODE, "client_id": app, "device_code": told["device_code"]}
    tokens = posts(base + "/_isthmus/oauth/token", urlencode(grant).encode())
    whoami = f"{base}/_matrix/client/v3/account/whoami"
    assert posts(whoami, b"", tokens["access_token"])["device_id"] == "TV"


def signs_out_device(alice: Person, base: str, token: str) -> None:
    alice.opens(base + "/_isthmus/account")
    assert len(alice.texts(".devices li")) == 2
    alice.sees("11-account")
    query = "action=org.matrix.device_delete&device_id=PHONE"
    alice.opens(f"{base}/_isthmus/account?{query}")
    alice.sees("12-device")
    alice.presses("yes")
    assert len(alice.texts(".devices li")) == 1
    with pytest.raises(HTTPError, match="401"):
        posts(f"{base}/_matrix/client/v3/account/whoami", b"", token)


def closes_account(alice: Person, base: str) -> None:
    alice.opens(base + "/_isthmus/account/deactivate")
    alice.sees("13-deactivate")
    alice.types(password=PASSWORD)
    alice.presses("yes")
    alice.sees("14-closed")
    alice.opens(base + "/_isthmus/account")
    assert "/sign-in" in alice.place
