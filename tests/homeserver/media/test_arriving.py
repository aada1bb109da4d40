"""Files of other servers on their way over TLS and HTTP, in a network in memory."""

from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from homeserver.config.accounts import Passwords
from homeserver.config.limits import RateLimits
from homeserver.config.media import Media
from homeserver.config.settings import Settings
from homeserver.errors import MatrixError
from homeserver.http.request import Request
from homeserver.http.response import Response, json_response
from homeserver.storage import media
from tests.homeserver.media.clients import files
from tests.homeserver.peers.neighbours import Neighbours, Stranger
from tests.internet import Internet, Website, unpacked
from tests.outcomes import outcome
from tests.people import Server

PRIVATE = ip_network("10.0.0.0/8")
FILE = bytes(range(256)) * 4000
TYPE = "multipart/mixed; boundary=b"
Answer = Callable[[Request], Response]


@pytest.fixture
def neighbours(internet: Internet, quick_path: Path) -> Iterator[Neighbours]:
    settings = Settings(
        server_name="unnamed",
        media=Media(store_path=quick_path / "media", keep_free=0, max_remote_bytes=len(FILE)),
        passwords=Passwords(hash_memory=8 * 1024, hash_passes=1),
        rate_limits=RateLimits(enabled=False),
    )
    neighbours = Neighbours(internet, settings, quick_path)
    yield neighbours
    neighbours.stop()


@pytest.fixture
def server(neighbours: Neighbours) -> Server:
    return neighbours.starts("one.example")


@pytest.fixture
def stranger(neighbours: Neighbours) -> Stranger:
    return Stranger(neighbours, "stranger.example")


def parts(head: str, body: bytes = b"") -> Response:
    before = f"--b\r\nContent-Type: application/json\r\n\r\n{{}}\r\n--b\r\n{head}\r\n\r\n"
    return Response(before.encode() + body + b"\r\n--b--", 200, TYPE)


def answers(stranger: Stranger, answer: Answer) -> None:
    """The stranger publishes its keys as before."""
    usual = stranger.answer
    stranger.website._answer = lambda request: (
        usual(request) if "/key/" in request.path else answer(request)
    )


def fetched(server: Server, internet: Internet) -> media.Media:
    """Through the same door as downloads of clients; raises MatrixError."""
    found = internet.begin(
        server.app.media.downloads.find("stranger.example", "abc", wait_ms=1000, authenticated=True)
    )
    return unpacked(found[0])


def test_a_file_arrives_in_pieces_and_whole(
    server: Server, stranger: Stranger, internet: Internet
) -> None:
    answers(stranger, lambda _: parts("Content-Type: video/mp4", FILE))

    found = fetched(server, internet)

    assert (found.size, found.content_type) == (len(FILE), "video/mp4")
    assert [path.read_bytes() for path in files(server)] == [FILE]
    (request,) = [r for r in stranger.website.requests if "/media/" in r.path]
    assert request.path == "/_matrix/federation/v1/media/download/abc"
    assert request.headers[b"authorization"].startswith(b"X-Matrix ")


def test_a_file_that_lies_elsewhere_is_fetched_from_there_by_nobody_in_particular(
    server: Server, stranger: Stranger, neighbours: Neighbours, internet: Internet
) -> None:
    elsewhere = Website(lambda _: Response(FILE, 200, "image/png"))
    address = neighbours.address_of("cdn.example")
    internet.listen(address, 443, elsewhere.factory(internet.clock), "cdn.example")
    answers(stranger, lambda _: parts("Location: https://cdn.example/f?token=1"))

    found = fetched(server, internet)

    assert (found.size, found.content_type) == (len(FILE), "image/png")
    (request,) = elsewhere.requests
    assert (request.path, request.query) == ("/f", "token=1")
    assert b"authorization" not in request.headers


def test_an_old_server_is_asked_without_a_signature_and_for_its_own_files_only(
    server: Server, stranger: Stranger, internet: Internet
) -> None:
    unknown = json_response({"errcode": "M_UNRECOGNIZED", "error": "?"}, 404)
    answers(
        stranger,
        lambda r: Response(b"old", 200, "text/plain") if "/v3/" in r.path else unknown,
    )

    assert fetched(server, internet).size == 3

    request = stranger.website.requests[-1]
    assert request.path == "/_matrix/media/v3/download/stranger.example/abc"
    assert "allow_remote=false" in request.query
    assert b"authorization" not in request.headers


@pytest.mark.parametrize(
    ("answer", "status", "errcode"),
    [
        (parts("Content-Type: video/mp4", FILE + b"x"), 502, "M_TOO_LARGE"),
        (Response(FILE * 2, 200, TYPE), 502, "M_TOO_LARGE"),
        (parts("Location: https://inside.example/"), 502, "M_UNKNOWN"),
        (parts("Location: https://gone.example/"), 502, "M_UNKNOWN"),
        (Response(b"<html>", 200, "text/html"), 502, "M_UNKNOWN"),
        (Response(b"<html>", 500, "text/html"), 502, "M_UNKNOWN"),
    ],
    ids=["too large", "far too large", "private address", "no such host", "page", "error page"],
)
def test_what_is_no_file_or_too_large_leaves_nothing(
    neighbours: Neighbours,
    stranger: Stranger,
    internet: Internet,
    answer: Response,
    status: int,
    errcode: str,
) -> None:
    server = neighbours.starts("one.example", ip_range_denylist=(PRIVATE,))
    internet.hosts["inside.example"] = ["10.0.0.1"]
    answers(stranger, lambda _: answer)

    with pytest.raises(MatrixError) as refused:
        fetched(server, internet)

    assert (refused.value.status, refused.value.errcode) == (status, errcode)
    assert files(server) == files(server, "incoming") == []
    assert ("10.0.0.1", 443) not in internet.calls
    if errcode == "M_TOO_LARGE":
        # It is well, and may be asked for other things.
        assert server.app.peers.backoff.silence_of("stranger.example") is None


def test_a_server_that_dribbles_is_let_go(
    server: Server, stranger: Stranger, internet: Internet
) -> None:
    del stranger
    internet.swallows(internet.hosts["stranger.example"][0], 8448)
    waiting = internet.begin(
        server.app.media.downloads.find("stranger.example", "abc", wait_ms=1000, authenticated=True)
    )
    assert not waiting

    internet.pass_time(300)

    with pytest.raises(MatrixError):
        unpacked(waiting[0])
    assert outcome(server.app.database.read(media.find, "stranger.example", "abc")) is None
