"""Bodies that go to files and come from sources, through a connection."""

from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from homeserver.errors import Forbidden, MatrixError, TooLarge
from homeserver.http.bodies import IN_MEMORY_BYTES, BodyFile, Sender
from homeserver.http.protocol import HttpConnection, HttpFactory
from homeserver.http.request import Request
from homeserver.http.response import Response
from tests.people import FakeClock

LARGE = bytes(range(256)) * 1024
MAX_BYTES = 1024 * 1024


class MemoryFile:
    def __init__(self) -> None:
        self.data = b""
        self.is_discarded = False

    def write(self, data: bytes) -> None:
        self.data += data

    def discard(self) -> None:
        self.is_discarded = True


class FullFile(MemoryFile):
    def write(self, data: bytes) -> None:
        raise TooLarge("There is no room.")


class MemorySource:
    """Reads wait until `go_on`, if it is told to be slow."""

    def __init__(self, data: bytes, length: int = 0, *, slow: bool = False) -> None:
        self.data = data
        self.length = length or len(data)
        self.slow = slow
        self.is_closed = False
        self.waiting: Deferred[bytes] | None = None

    def read(self, size: int) -> Deferred[bytes]:
        piece, self.data = self.data[:size], self.data[size:]
        if not self.slow:
            return succeed(piece)
        self.waiting = Deferred()
        self._piece = piece
        return self.waiting

    def go_on(self) -> None:
        assert self.waiting is not None
        self.waiting.callback(self._piece)

    def close(self) -> None:
        self.is_closed = True


class Site:
    """Remembers requests; opens files at once, or when the test says so."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.asked: list[tuple[str, int]] = []
        self.opening: Deferred[BodyFile] | None = None
        self.file: MemoryFile = MemoryFile()
        self.response = Response(b"{}")

    def max_body(self, method: str, path: str) -> int:
        return MAX_BYTES

    def goes_to_file(self, method: str, path: str) -> bool:
        return path == "/file"

    async def open_body_file(self, request: Request, expected: int) -> BodyFile:
        self.asked.append((request.path, expected))
        return self.file if self.opening is None else await self.opening

    def answer(self, request: Request) -> tuple[Deferred[Response], bool]:
        self.requests.append(request)
        return succeed(self.response), False


class Transport:
    def __init__(self) -> None:
        self.written = b""
        self.is_reading = True
        self.is_closed = self.is_aborted = False

    def write(self, data: bytes) -> None:
        self.written += data

    def pauseProducing(self) -> None:
        self.is_reading = False

    def resumeProducing(self) -> None:
        self.is_reading = True

    def loseConnection(self) -> None:
        self.is_closed = True

    def abortConnection(self) -> None:
        self.is_aborted = True

    def getPeer(self) -> None: ...

    def setTcpNoDelay(self, _: bool) -> None: ...

    def registerProducer(self, producer: object, streaming: bool) -> None: ...

    def unregisterProducer(self) -> None: ...


class Talk:
    """One connection to a site."""

    def __init__(self) -> None:
        self.site = Site()
        self.clock = FakeClock()
        self.transport = Transport()
        site: Any = self.site
        self.connection: HttpConnection = HttpFactory(site, self.clock, ()).buildProtocol(None)
        self.connection.makeConnection(self.transport)  # type: ignore[no-untyped-call]

    def says(self, data: bytes) -> None:
        self.connection.dataReceived(data)

    def begins(self, length: int, path: str = "/file", more: str = "") -> None:
        self.says(f"PUT {path} HTTP/1.1\r\nContent-Length: {length}\r\n{more}\r\n".encode())

    def asks(self, method: str = "GET") -> None:
        self.says(f"{method} / HTTP/1.1\r\n\r\n".encode())


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_a_large_body_goes_to_a_file_while_it_arrives(talk: Talk) -> None:
    talk.begins(len(LARGE))
    for start in range(0, len(LARGE), 10_000):
        talk.says(LARGE[start : start + 10_000])

    (request,) = talk.site.requests
    assert talk.site.asked == [("/file", len(LARGE))]
    assert (request.body, request.body_file) == (b"", talk.site.file)
    assert talk.site.file.data == LARGE


def test_a_small_body_and_that_of_another_route_stay_in_memory(talk: Talk) -> None:
    talk.begins(IN_MEMORY_BYTES)
    talk.says(LARGE[:IN_MEMORY_BYTES])
    talk.begins(len(LARGE), "/other")
    talk.says(LARGE)

    assert [len(request.body) for request in talk.site.requests] == [IN_MEMORY_BYTES, len(LARGE)]
    assert talk.site.asked == []


def test_a_chunked_body_of_unknown_length_goes_to_a_file(talk: Talk) -> None:
    talk.says(b"PUT /file HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    talk.says(b"5\r\nhello\r\n0\r\n\r\n")

    assert talk.site.asked == [("/file", MAX_BYTES)]
    assert talk.site.file.data == b"hello"


def test_nothing_is_read_until_the_sender_is_let_in(talk: Talk) -> None:
    talk.site.opening = Deferred()
    talk.begins(len(LARGE), more="Expect: 100-continue\r\n")
    talk.says(LARGE[:1000])
    assert not talk.transport.is_reading
    assert talk.transport.written == b""

    talk.site.opening.callback(talk.site.file)
    assert talk.transport.is_reading
    assert talk.transport.written == b"HTTP/1.1 100 Continue\r\n\r\n"

    talk.says(LARGE[1000:])
    assert talk.site.file.data == LARGE


def test_who_is_not_let_in_is_told_before_sending(talk: Talk) -> None:
    talk.site.opening = Deferred()
    talk.begins(len(LARGE))
    talk.site.opening.errback(Failure(Forbidden("No.")))  # type: ignore[no-untyped-call]
    talk.says(LARGE)

    assert talk.transport.written.startswith(b"HTTP/1.1 403 ")
    assert talk.site.requests == []


def test_a_body_that_is_complete_before_the_file_is_there_stays_in_memory(talk: Talk) -> None:
    talk.site.opening = Deferred()
    head = f"PUT /file HTTP/1.1\r\nContent-Length: {len(LARGE)}\r\n\r\n".encode()
    talk.says(head + LARGE)
    talk.site.opening.callback(talk.site.file)

    (request,) = talk.site.requests
    assert (request.body, request.body_file) == (LARGE, None)


def test_a_file_that_takes_no_more_refuses_the_request(talk: Talk) -> None:
    talk.site.file = FullFile()
    talk.begins(len(LARGE))
    talk.says(LARGE)

    assert talk.transport.written.startswith(b"HTTP/1.1 413 ")
    assert talk.site.requests == []


def test_a_body_that_ends_early_leaves_no_file(talk: Talk) -> None:
    talk.begins(len(LARGE))
    talk.says(LARGE[:70_000])
    talk.connection.connectionLost()

    assert talk.site.file.is_discarded


def test_a_source_is_sent_as_fast_as_it_is_taken(talk: Talk) -> None:
    source = MemorySource(LARGE)
    talk.site.response = Response(content_type="image/png", source=source)
    talk.connection.pauseProducing()
    talk.connection.resumeProducing()
    written: list[int] = []
    write = talk.transport.write

    def congested(data: bytes) -> None:
        write(data)
        written.append(len(data))
        talk.connection.pauseProducing()

    talk.transport.write = congested  # type: ignore[method-assign]
    talk.asks()
    assert len(written) == 1, "only the head"

    while not source.is_closed:
        talk.connection.resumeProducing()
    head, _, body = talk.transport.written.partition(b"\r\n\r\n")
    assert body == LARGE
    assert f"Content-Length: {len(LARGE)}".encode() in head
    assert max(written) <= 128 * 1024


def test_the_next_request_waits_until_a_source_is_sent(talk: Talk) -> None:
    source = MemorySource(b"first", slow=True)
    talk.site.response = Response(source=source)
    talk.asks()
    talk.site.response = Response(b"second")
    talk.asks()
    assert len(talk.site.requests) == 1

    source.go_on()
    assert len(talk.site.requests) == 2
    assert talk.transport.written.index(b"first") < talk.transport.written.index(b"second")


def test_head_closes_the_source_and_tells_its_length(talk: Talk) -> None:
    source = MemorySource(LARGE)
    talk.site.response = Response(source=source)
    talk.asks("HEAD")

    assert source.is_closed
    assert talk.transport.written.endswith(b"\r\n\r\n")
    assert f"Content-Length: {len(LARGE)}\r\n".encode() in talk.transport.written


def test_a_source_that_ends_early_ends_the_connection(talk: Talk) -> None:
    talk.site.response = Response(source=MemorySource(b"short", length=100))
    talk.asks()

    assert talk.transport.is_aborted


def test_a_source_is_closed_when_the_client_is_gone_but_not_under_a_reader(talk: Talk) -> None:
    source = MemorySource(LARGE, slow=True)
    talk.site.response = Response(source=source)
    talk.asks()
    talk.connection.connectionLost()
    assert not source.is_closed

    source.go_on()
    assert source.is_closed


def test_a_client_that_stops_reading_is_hung_up_on(talk: Talk) -> None:
    talk.site.response = Response(source=MemorySource(LARGE, slow=True))
    talk.asks()
    talk.clock.advance(200)
    talk.connection.sweep(talk.clock.now_ms())

    assert talk.transport.is_aborted


def test_a_sender_tells_of_an_error_of_its_source() -> None:
    class Broken(MemorySource):
        def read(self, size: int) -> Deferred[bytes]:
            raise OSError("the disk is gone")

    sender = Sender(Broken(b"x"), lambda _: None)
    sender.resume()

    caught: list[Any] = []
    sender.done.addErrback(lambda failure: caught.append(failure.value))
    assert isinstance(caught[0], OSError)


def test_errors_of_opening_that_are_ours_are_no_secret_and_no_answer(talk: Talk) -> None:
    talk.site.opening = Deferred()
    talk.begins(len(LARGE))
    talk.site.opening.errback(Failure(OSError("read-only")))  # type: ignore[no-untyped-call]

    assert talk.transport.written.startswith(b"HTTP/1.1 500 ")
    assert b"read-only" not in talk.transport.written
    assert MatrixError.errcode.encode() in talk.transport.written
