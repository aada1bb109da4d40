"""HTTP/1.1 on a Twisted transport, parsed by llhttp: a few dozen microseconds a request."""

from collections import deque
from typing import Any

import httptools
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from homeserver.clock import Clock
from homeserver.errors import MatrixError, TooLarge
from homeserver.http.request import Request
from homeserver.http.response import Response, error_response, head_of
from homeserver.http.site import Site

MAX_HEADER_BYTES = 64 * 1024
MAX_HEADERS = 100
MAX_PIPELINED = 8
IDLE_MS = 180_000
RECEIVE_MS = 60_000
SWEEP_SECONDS = 15.0

_PREFLIGHT = Response(status=200)


class HttpConnection(Protocol):
    """One client's connection: requests are answered one after the other, in order."""

    def __init__(self, factory: "HttpFactory") -> None:
        self._factory = factory
        self._parser = httptools.HttpRequestParser(self)
        self._requests: deque[tuple[Request, bool]] = deque()
        self._working: Deferred[Response] | None = None
        self._give_up_when_gone = False
        self._closing = False
        self._paused = False
        self.quiet_since_ms = 0
        self._receiving = False
        self._begin_message()

    def connectionMade(self) -> None:
        self._factory.connections.add(self)
        self._touch()
        self._transport.setTcpNoDelay(True)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._factory.connections.discard(self)
        self._closing = True
        self._requests.clear()
        if self._working is not None and self._give_up_when_gone:
            self._working.cancel()

    def dataReceived(self, data: bytes) -> None:
        if self._closing:
            return
        self._touch()
        if self._head_open:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except MatrixError as error:
            self._refuse(error)
        except httptools.HttpParserUpgrade:
            self._refuse(MatrixError("This server does not upgrade connections."))
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(
                cause if isinstance(cause, MatrixError) else MatrixError("This is not valid HTTP.")
            )
        else:
            if self._head_open and self._head_bytes > MAX_HEADER_BYTES:
                self._refuse(MatrixError("The headers are too large.", status=431))

    # -- called by the parser

    def on_message_begin(self) -> None:
        self._begin_message()
        self._receiving = True

    def on_url(self, url: bytes) -> None:
        self._url += url
        if len(self._url) > MAX_HEADER_BYTES:
            raise MatrixError("The address is too long.", status=414)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value
        if len(self._headers) > MAX_HEADERS:
            raise MatrixError("There are too many headers.", status=431)

    def on_headers_complete(self) -> None:
        self._head_open = False
        self._method = self._parser.get_method().decode("ascii")
        self._path, _, self._query = self._url.decode("latin-1").partition("?")
        if not self._path.startswith("/"):
            _, _, rest = self._path.partition("://")
            self._path = "/" + rest.partition("/")[2]
        length = self._headers.get(b"content-length")
        has_body = (length is not None and length != b"0") or b"transfer-encoding" in self._headers
        if has_body:
            self._room_left = self._factory.site.max_body(self._method, self._path)
            if length is not None and int(length) > self._room_left:
                raise TooLarge(f"The body of the request may have {self._room_left} bytes at most.")
            if self._headers.get(b"expect", b"").lower() == b"100-continue":
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        self._room_left -= len(data)
        if self._room_left < 0:
            raise TooLarge("The body of the request is too large.")
        self._body.append(data)

    def on_message_complete(self) -> None:
        self._receiving = False
        request = Request(
            self._method,
            self._path,
            self._query,
            self._headers,
            b"".join(self._body),
            self._client_ip(),
        )
        self._requests.append((request, self._parser.should_keep_alive()))
        if self._working is None:
            self._next()
        elif len(self._requests) > MAX_PIPELINED and not self._paused:
            self._paused = True
            self._transport.pauseProducing()

    # -- answering

    def _next(self) -> None:
        while self._requests and self._working is None and not self._closing:
            request, keep_alive = self._requests.popleft()
            if request.method == "OPTIONS":
                self._send(_PREFLIGHT, request, keep_alive)
                continue
            self._working, self._give_up_when_gone = self._factory.site.answer(request)
            self._working.addCallbacks(
                self._answered, self._gave_up, callbackArgs=(request, keep_alive)
            )
        if self._paused and len(self._requests) <= MAX_PIPELINED and not self._closing:
            self._paused = False
            self._transport.resumeProducing()

    def _answered(self, response: Response, request: Request, keep_alive: bool) -> None:
        self._working = None
        if not self._closing:
            self._send(response, request, keep_alive)
            if self._requests:
                self._next()

    def _gave_up(self, _: Failure) -> None:
        """The client went away while it waited."""
        self._working = None

    def _send(self, response: Response, request: Request, keep_alive: bool) -> None:
        head = head_of(response, keep_alive=keep_alive)
        self._transport.write(head if request.method == "HEAD" else head + response.body)
        self._touch()
        if not keep_alive:
            self._close()

    def _refuse(self, error: MatrixError) -> None:
        """Answer what could not even be read, and hang up."""
        if self._working is None and not self._closing:
            response = error_response(error)
            self._transport.write(head_of(response, keep_alive=False) + response.body)
        self._close()

    def _close(self) -> None:
        self._closing = True
        self._transport.loseConnection()

    # -- time

    def sweep(self, now_ms: int) -> None:
        """Hang up on who sends nothing, or sends too slowly; those who wait for us may stay."""
        if self._working is not None or self._closing:
            return
        if now_ms - self.quiet_since_ms > (RECEIVE_MS if self._receiving else IDLE_MS):
            self._transport.abortConnection()

    def _touch(self) -> None:
        self.quiet_since_ms = self._factory.clock.now_ms()

    def _begin_message(self) -> None:
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._head_open = True
        self._head_bytes = 0
        self._room_left = 0
        self._method = self._path = self._query = ""

    def _client_ip(self) -> str:
        peer = getattr(self._transport.getPeer(), "host", "")
        if peer in self._factory.trusted_proxies:
            forwarded = self._headers.get(b"x-forwarded-for", b"").decode("latin-1")
            return forwarded.rpartition(",")[2].strip()[:64] or str(peer)
        return str(peer)

    @property
    def _transport(self) -> Any:
        return self.transport


class HttpFactory(Factory):
    """Builds a protocol for each connection, and looks after the slow ones."""

    noisy = False

    def __init__(self, site: Site, clock: Clock, trusted_proxies: frozenset[str]) -> None:
        self.site = site
        self.clock = clock
        self.trusted_proxies = trusted_proxies
        self.connections: set[HttpConnection] = set()

    def buildProtocol(self, addr: object) -> HttpConnection:
        return HttpConnection(self)

    def start_sweeping(self) -> None:
        self.clock.call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        now_ms = self.clock.now_ms()
        for connection in list(self.connections):
            connection.sweep(now_ms)
        self.start_sweeping()

    def stop(self) -> None:
        for connection in list(self.connections):
            connection._close()
