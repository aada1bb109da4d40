"""A browser without scripts, and an app that signs in through it."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from attrs import define, field

from tests.people import Person, Server

BASE = "https://matrix.test"
AUTHORIZE = "/_isthmus/oauth/authorize"
TOKEN = "/_isthmus/oauth/token"
RETURN = "https://app.example.com/back"
VERIFIER = "v" * 43
PASSWORD = "correct horse battery"


class FormReader(HTMLParser):
    """The forms of a page: where they go, and what they carry."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self.forms.append((found.get("action") or "", {}))
        elif tag == "input" and found.get("type") != "checkbox":
            self.forms[-1][1][found["name"] or ""] = found.get("value") or ""


@define
class Page:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def location(self) -> str:
        """Where the browser is sent."""
        assert self.status in (302, 303), (self.status, self.text)
        return self.headers["location"]

    @property
    def form(self) -> tuple[str, dict[str, str]]:
        """The one of the page itself, which comes last."""
        return FormReader(self.text).forms[-1]


@define(eq=False)
class Browser:
    server: Server
    language: str = "en"
    cookies: dict[str, str] = field(factory=dict)
    headers: dict[str, str] = field(factory=dict)

    def opens(self, path: str) -> Page:
        return self._ask("GET", path.removeprefix(BASE))

    def sends(self, path: str, fields: dict[str, str]) -> Page:
        return self._ask("POST", path, urlencode(fields).encode())

    def fills(self, page: Page, **fields: str) -> Page:
        """Send the form of a page, with what was filled in."""
        action, given = page.form
        return self.sends(action, {**given, **fields})

    def signs_in(self, name: str = "alice", password: str = PASSWORD) -> Page:
        page = self.opens("/_isthmus/account/sign-in")
        return self.fills(page, username=name, password=password)

    def bytes_of(self, method: str, path: str, fields: dict[str, str]) -> bytes:
        """What is handed out as a file."""
        headers = self._headers()
        exchange = self.server.exchange(method, path, urlencode(fields).encode(), headers)
        status, _, body = exchange.raw()
        assert status == 200, body
        return body

    def _headers(self) -> dict[str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Accept-Language": self.language, **self.headers}
        if cookie:
            headers["Cookie"] = cookie
        return headers

    def _ask(self, method: str, path: str, body: bytes = b"") -> Page:
        headers = self._headers()
        exchange = self.server.exchange(method, path, body, headers)
        if self.server.network is not None:
            self.server.network.settle()
        written = exchange.transport.written
        head, _, text = written.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = [(name.lower(), value) for name, value in (line.split(": ", 1) for line in lines)]
        for cookie in (value for name, value in pairs if name == "set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        # The first cookie of an answer is the one that says who is signed in.
        found = dict(reversed(pairs))
        return Page(int(first.split()[1]), found, text.decode())


@define(eq=False)
class App:
    """A client of OAuth 2.0."""

    server: Server
    client_id: str = ""

    def registers(self, **changes: Any) -> dict[str, Any]:
        metadata = {
            "client_name": "Example app",
            "client_uri": "https://example.com/",
            "redirect_uris": [RETURN],
            "grant_types": [
                "authorization_code",
                "refresh_token",
                "urn:ietf:params:oauth:grant-type:device_code",
            ],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            **changes,
        }
        body = json.dumps(metadata).encode()
        status, answer = self.asks("/_isthmus/oauth/register", body)
        assert status == 201, answer
        self.client_id = answer["client_id"]
        return answer

    def url(self, device_id: str = "PHONE", **changes: str) -> str:
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": RETURN,
            "scope": f"urn:matrix:client:api:* urn:matrix:client:device:{device_id}",
            "state": "a state",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        return f"{AUTHORIZE}?{urlencode({k: v for k, v in query.items() if v})}"

    def gets_code(self, browser: Browser, **changes: str) -> str:
        """The user agrees."""
        page = browser.opens(self.url(**changes))
        answer = answer_in(browser.fills(page, decision="yes").location)
        return answer["code"]

    def exchanges(self, code: str, **changes: str) -> tuple[int, dict[str, Any]]:
        return self.asks_for_token(
            "authorization_code",
            **{"code": code, "redirect_uri": RETURN, "code_verifier": VERIFIER, **changes},
        )

    def asks_for_token(self, grant_type: str, **fields: str) -> tuple[int, dict[str, Any]]:
        form = {"grant_type": grant_type, "client_id": self.client_id, **fields}
        return self.asks(TOKEN, urlencode(form).encode())

    def asks(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        status, _, answer = self.server.exchange("POST", path, body).raw()
        return status, json.loads(answer)

    def signs_in(self, browser: Browser, **changes: str) -> dict[str, Any]:
        status, answer = self.exchanges(self.gets_code(browser, **changes))
        assert status == 200, answer
        return answer


def answer_in(url: str) -> dict[str, str]:
    """What an app is told in the address that it is called back at."""
    parts = urlsplit(url)
    return {name: it[0] for name, it in parse_qs(parts.query or parts.fragment).items()}


def person(server: Server, tokens: dict[str, Any], name: str = "alice") -> Person:
    return Person(server, name, tokens["access_token"])


def challenge_of(verifier: str) -> str:
    """RFC 7636, section 4.2."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
