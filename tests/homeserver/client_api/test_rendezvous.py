"""Two devices meet, and leave notes for one another, to sign one of them in."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from homeserver.config.limits import Limit, RateLimits
from homeserver.config.settings import Settings
from homeserver.users import rendezvous
from tests.browser import BASE
from tests.homeserver.accounts_web.conftest import server
from tests.homeserver.rooms.test_joining import refusal
from tests.people import Server

__all__ = ["server"]

TAGGED = "/_matrix/client/unstable/org.matrix.msc4108/rendezvous"
TOKENS = "/_matrix/client/unstable/io.element.msc4388/rendezvous"
Raw = tuple[int, dict[str, str], bytes]


class Device:
    """Nobody is signed in there."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def asks(self, method: str, path: str, body: bytes = b"", **headers: str) -> Raw:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        exchange = self._server.exchange(method, path.removeprefix(BASE), body, named)
        head, _, answer = exchange.transport.written.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        found = dict(line.split(": ", 1) for line in lines)
        return int(first.split()[1]), found, answer

    def begins(self, note: bytes = b"hello") -> tuple[str, str]:
        """Where the other device comes to, and the tag of the note."""
        status, headers, body = self.asks("POST", TAGGED, note, Content_Type="text/plain")
        assert status == 201, body
        return json.loads(body)["url"], headers["ETag"]

    def leaves(self, url: str, note: bytes, tag: str) -> Raw:
        return self.asks("PUT", url, note, Content_Type="text/plain", If_Match=tag)


@pytest.fixture
def old(server: Server) -> Device:
    return Device(server)


@pytest.fixture
def new(server: Server) -> Device:
    return Device(server)


def test_two_devices_leave_notes_for_one_another(old: Device, new: Device) -> None:
    url, tag = old.begins(b"my key")
    assert url.startswith(f"{BASE}{TAGGED}/")

    status, headers, note = new.asks("GET", url)
    assert (status, note, headers["ETag"]) == (200, b"my key", tag)
    assert headers["Content-Type"] == "text/plain"
    assert new.leaves(url, b"my answer", headers["ETag"])[0] == 202

    assert old.asks("GET", url)[2] == b"my answer"
    assert old.asks("DELETE", url)[0] == 204
    assert new.asks("GET", url)[0] == 404


def test_who_waits_for_a_note_hears_that_there_is_none(old: Device, new: Device) -> None:
    url, tag = old.begins()
    assert old.asks("GET", url, If_None_Match=tag)[0] == 304

    new.leaves(url, b"answer", tag)

    status, headers, note = old.asks("GET", url, If_None_Match=tag)
    assert (status, note) == (200, b"answer")
    assert headers["ETag"] != tag


def test_no_note_is_lost_to_another(old: Device, new: Device) -> None:
    url, tag = old.begins()
    mallory = Device(old._server)
    assert mallory.leaves(url, b"mine", tag)[0] == 202

    status, headers, body = new.leaves(url, b"answer", tag)

    assert (status, json.loads(body)["errcode"]) == (412, "M_CONCURRENT_WRITE")
    assert new.asks("GET", url)[1]["ETag"] == headers["ETag"]
    assert new.asks("PUT", url, b"x", Content_Type="text/plain")[0] == 400
    assert new.asks("GET", url)[2] == b"mine"


def test_browsers_may_read_the_tags(old: Device) -> None:
    url, _ = old.begins()

    _, headers, _ = old.asks("GET", url)
    _, allowed, _ = old.asks("OPTIONS", url)

    assert headers["Access-Control-Expose-Headers"] == "ETag"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "If-Match" in allowed["Access-Control-Allow-Headers"]
    assert "PUT" in allowed["Access-Control-Allow-Methods"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Expires"] == "Fri, 15 Jan 2027 08:02:00 GMT"


def test_meetings_are_over_soon_and_notes_are_small(server: Server, old: Device) -> None:
    url, tag = old.begins(b"x" * 4096)
    assert old.leaves(url, b"x" * 4097, tag)[0] == 413
    assert old.asks("POST", TAGGED, b"x" * 4097, Content_Type="text/plain")[0] == 413
    assert old.asks("POST", TAGGED, b"x", Content_Type="text/html")[0] == 400

    server.clock.advance(121)

    assert old.asks("GET", url)[0] == 404
    assert old.leaves(url, b"x", tag)[0] == 404
    assert old.asks("DELETE", url)[0] == 404


def test_there_are_only_so_many_at_a_time(
    server: Server, old: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendezvous, "MOST", 3)
    urls = [old.begins()[0] for _ in range(3)]

    status, headers, body = old.asks("POST", TAGGED, b"x", Content_Type="text/plain")

    assert (status, json.loads(body)["errcode"]) == (429, "M_LIMIT_EXCEEDED")
    assert int(headers["Retry-After"]) > 0
    assert old.asks("GET", urls[0])[0] == 200, "those who meet already are not disturbed"
    server.clock.advance(121)
    assert old.begins()


def test_they_are_begun_only_so_often(settings: Settings) -> None:
    limits = RateLimits(enabled=True, rendezvous=Limit(per_second=1, burst=2))
    server = Server(evolve(settings, rate_limits=limits, public_baseurl=BASE))
    device = Device(server)
    for _ in range(2):
        device.begins()

    assert device.asks("POST", TAGGED, b"x", Content_Type="text/plain")[0] == 429


def asks(server: Server, method: str, path: str, body: Any = None) -> dict[str, Any]:
    return server.anonymous.ask(method, TOKENS + path, body).json()


def test_the_form_of_2025_goes_by_sequence_tokens(server: Server) -> None:
    assert asks(server, "GET", "") == {"create_available": True}
    begun = asks(server, "POST", "", {"data": "my key"})
    assert begun["expires_in_ms"] == 120_000
    path, token = f"/{begun['id']}", begun["sequence_token"]

    server.clock.advance(1)
    read = asks(server, "GET", path)
    assert read == {"data": "my key", "sequence_token": token, "expires_in_ms": 119_000}
    newer = asks(server, "PUT", path, {"sequence_token": token, "data": "answer"})
    assert newer["sequence_token"] != token

    stale = {"sequence_token": token, "data": "too late"}
    assert refusal(server.anonymous, "PUT", TOKENS + path, stale) == (
        409,
        "IO_ELEMENT_MSC4388_CONCURRENT_WRITE",
    )
    assert asks(server, "GET", path)["data"] == "answer"
    large = {"sequence_token": newer["sequence_token"], "data": "x" * 4097}
    assert refusal(server.anonymous, "PUT", TOKENS + path, large) == (413, "M_TOO_LARGE")
    assert refusal(server.anonymous, "POST", TOKENS, {"data": 1}) == (400, "M_BAD_JSON")
    assert asks(server, "DELETE", path) == {}
    assert refusal(server.anonymous, "GET", TOKENS + path) == (404, "M_NOT_FOUND")


def test_without_oauth_there_is_nothing_to_sign_in_by(start_server: Callable[..., Server]) -> None:
    plain = start_server()

    assert Device(plain).asks("POST", TAGGED, b"x", Content_Type="text/plain")[0] == 404
    features = plain.anonymous.get("/_matrix/client/versions")["unstable_features"]
    assert not features["org.matrix.msc4108"]
    assert not features["io.element.msc4388"]
