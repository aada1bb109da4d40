"""Passwords that thieves have published."""

from collections.abc import Callable
from hashlib import sha1
from pathlib import Path

import pytest
from attrs import evolve

from homeserver.config.settings import Settings
from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.users.breached_passwords import holds
from tests.internet import Internet, Website
from tests.people import Refused, Server
from tests.post_office import PostOffice

KNOWN = "correct horse battery"


def hashed(password: str) -> str:
    return sha1(password.encode()).hexdigest().upper()


@pytest.fixture
def known_list(tmp_path: Path) -> Path:
    path = tmp_path / "known.txt"
    lines = sorted(f"{hashed(f'password {number}')}:{number}" for number in range(2000))
    lines = sorted([*lines, f"{hashed(KNOWN)}:7"])
    path.write_text("\n".join(lines) + "\n")
    return path


def test_every_line_of_a_list_is_found_and_nothing_else(known_list: Path) -> None:
    for number in range(2000):
        assert holds(known_list, hashed(f"password {number}"))
    for number in range(2000, 2100):
        assert not holds(known_list, hashed(f"password {number}"))


@pytest.mark.parametrize("text", ["", "\n", "nonsense\n\n\n", "A" * 5000])
def test_a_strange_list_holds_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "strange.txt"
    path.write_text(text)

    assert not holds(path, hashed(KNOWN))


def test_a_published_password_is_not_taken(
    start_server: Callable[..., Server], settings: Settings, known_list: Path
) -> None:
    server = start_server(passwords=evolve(settings.passwords, breached_list_path=known_list))

    with pytest.raises(Refused) as refused:
        server.anonymous.post("/v3/register", {"username": "alice", "password": KNOWN})

    assert refused.value.errcode == "M_WEAK_PASSWORD"
    server.person("alice", password="another horse battery")


def with_service(
    open_post_office: Callable[..., PostOffice],
    settings: Settings,
    internet: Internet,
    website: Website,
) -> Server:
    internet.hosts["pwned.example"] = ["10.1.2.3"]
    internet.listen("10.1.2.3", 80, website.factory(internet.clock))
    url = "http://pwned.example/range"
    passwords = evolve(settings.passwords, breached_range_url=url)
    return open_post_office(passwords=passwords).server


def test_a_service_is_told_five_letters_alone(
    open_post_office: Callable[..., PostOffice], settings: Settings, internet: Internet
) -> None:
    rest = hashed(KNOWN)[5:]

    def answer(request: Request) -> Response:
        lines = f"{'0' * 35}:12\r\n{rest}:3\r\n"
        return Response(lines.encode(), 200, "text/plain")

    website = Website(answer)
    server = with_service(open_post_office, settings, internet, website)
    asking = server.exchange(
        "POST",
        "/_matrix/client/v3/register",
        b'{"username": "alice", "password": "%s"}' % KNOWN.encode(),
    )
    internet.settle()

    assert asking.raw()[0] == 400 and b"M_WEAK_PASSWORD" in asking.raw()[2]
    (asked,) = website.requests
    assert asked.path == f"/range/{hashed(KNOWN)[:5]}"


def test_padding_is_no_password(
    open_post_office: Callable[..., PostOffice], settings: Settings, internet: Internet
) -> None:
    padding = f"{hashed(KNOWN)[5:]}:0\r\n".encode()
    website = Website(lambda request: Response(padding, 200, "text/plain"))
    server = with_service(open_post_office, settings, internet, website)

    body = b'{"username": "alice", "password": "%s", "auth": {"type": "m.login.dummy"}}'
    asking = server.exchange("POST", "/_matrix/client/v3/register", body % KNOWN.encode())
    internet.settle()

    assert asking.raw()[0] == 200


def test_a_service_that_is_broken_keeps_nobody_out(
    open_post_office: Callable[..., PostOffice], settings: Settings, internet: Internet
) -> None:
    website = Website(lambda request: Response(b"", 503, "text/plain"))
    server = with_service(open_post_office, settings, internet, website)

    body = b'{"username": "alice", "password": "%s", "auth": {"type": "m.login.dummy"}}'
    asking = server.exchange("POST", "/_matrix/client/v3/register", body % KNOWN.encode())
    internet.settle()

    assert asking.raw()[0] == 200 and len(website.requests) >= 1
