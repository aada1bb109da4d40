"""HTTP/1.1 on a Twisted transport: a few dozen microseconds a request."""

from collections.abc import Iterable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from homeserver.clock import Clock
from homeserver.errors import MatrixError
from homeserver.http.bodies import BodyFile, BrokenSource, Sender, Source
from homeserver.http.client_addresses import ClientAddresses, Network, plain
from homeserver.http.reading import Headers, RequestReader
from homeserver.http.request import Request
from homeserver.http.response import Response, error_response, head_of
from homeserver.http.site import Site
from homeserver.http.writing import write_at_once
from homeserver.logs import logger

MAX_PIPELINED = 8
IDLE_MS = 180_000
RECEIVE_MS = 60_000
CLOSE_MS = 30_000
SWEEP_SECONDS = 15.0

LINGER_SECONDS = 2.0
MAX_DISCARDED = 64 * 1024 * 1024

_PREFLIGHT = Response(status=200)

log = logger(__name__)


@implementer(IPushProducer)
class HttpConnection(Protocol):
    """One client's connection: requests are answered one after the other, in order."""

    def __init__(self, factory: "HttpFactory") -> None:
        self._factory = factory
        site = factory.site
        self._reader = RequestReader(site.max_body, self._client_ip, site.goes_to_file)
        self._refusal: MatrixError | None = None
        self._opening: Deferred[BodyFile] | None = None
        self._working: Deferred[Response] | None = None
        self._sending: Sender | None = None
        self._give_up_when_gone = False
        self._is_answering = False
        self._is_congested = False
        self._is_reading = True
        self._is_closing = False
        self._discarded = 0
        self._began_ms = 0
        self._quiet_since_ms = 0

    def connectionMade(self) -> None:
        self._factory.connections.add(self)
        self._peer = plain(getattr(self._transport.getPeer(), "host", ""))
        self._is_behind_proxy = self._factory.addresses.trusts(self._peer)
        self._touch()
        self._transport.setTcpNoDelay(True)
        self._transport.registerProducer(self, True)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._factory.connections.discard(self)
        self._is_closing = True
        self._reader.abandon()
        if self._sending is not None:
            self._sending.stop()
        if self._working is not None and self._give_up_when_gone:
            self._working.cancel()

    def dataReceived(self, data: bytes) -> None:
        if self._is_closing or self._refusal is not None or self._reader.has_ended:
            self._discard(data)
            return
        self._touch()
        try:
            self._reader.feed(data)
        except MatrixError as error:
            self._refusal = error
        except Exception:
            log.exception("a request could not be read")
            self._refusal = MatrixError("This request could not be read.", status=500)
        if self._reader.received <= len(data):
            self._began_ms = self._quiet_since_ms
        if self._reader.is_receiving:
            self._receive_body()
        else:
            self._opening = None
        self._answer_next()

    # -- receiving a body

    def _receive_body(self) -> None:
        if (wanted := self._reader.wants_file()) is not None:
            self._opening = Deferred.fromCoroutine(self._factory.site.open_body_file(*wanted))
            opening = self._opening
            opening.addCallbacks(self._opened, self._not_opened, (opening,), {}, (opening,))
        elif self._opening is None:
            self._invite()

    def _opened(self, file: BodyFile, opening: "Deferred[BodyFile]") -> None:
        if self._opening is not opening or self._is_closing:
            file.discard()
            return
        self._opening = None
        try:
            self._reader.use_file(file)
        except MatrixError as error:
            self._refusal = error
        else:
            self._invite()
        self._answer_next()

    def _not_opened(self, failure: Failure, opening: "Deferred[BodyFile]") -> None:
        if self._opening is not opening or self._is_closing:
            return
        self._opening = None
        error = failure.value
        if not isinstance(error, MatrixError):
            log.error("no file for a body: %r", error)
            error = MatrixError("This request could not be read.", status=500)
        self._refusal = error
        self._answer_next()

    def _invite(self) -> None:
        """Let a client send that waits for a word."""
        if self._reader.wants_continue() and self._working is None and not self._is_closing:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    # -- answering

    def _answer_next(self) -> None:
        if self._is_answering:
            return
        self._is_answering = True
        requests = self._reader.requests
        while requests and self._may_answer():
            self._answer(*requests.popleft())
        self._is_answering = False
        if self._refusal is not None and not requests and self._may_answer():
            self._refuse(self._refusal)
        self._choose_reading()

    def _may_answer(self) -> bool:
        is_free = self._working is None and self._sending is None
        return is_free and not self._is_closing and not self._is_congested

    def _answer(self, request: Request, keep_alive: bool) -> None:
        if request.method == "OPTIONS":
            self._send(_PREFLIGHT, request, keep_alive)
            return
        self._working, self._give_up_when_gone = self._factory.site.answer(request)
        self._working.addCallbacks(
            self._answered,
            self._failed,
            callbackArgs=(request, keep_alive),
            errbackArgs=(request, keep_alive),
        )

    def _answered(self, response: Response, request: Request, keep_alive: bool) -> None:
        self._working = None
        if not self._is_closing:
            self._send(response, request, keep_alive)
            self._answer_next()
        elif response.source is not None:
            response.source.close()

    def _failed(self, _: Failure, request: Request, keep_alive: bool) -> None:
        """The work was cancelled: because the client went away, or by a fault of ours."""
        error = MatrixError("This request was not carried out to its end.", status=500)
        self._answered(error_response(error), request, keep_alive)

    def _send(self, response: Response, request: Request, keep_alive: bool) -> None:
        head = head_of(response, keep_alive=keep_alive)
        self._touch()
        if response.source is not None:
            self._transport.write(head)
            self._send_source(response.source, request, keep_alive)
            return
        write_at_once(self._transport, head if request.method == "HEAD" else head + response.body)
        if not keep_alive:
            self._close()

    def _send_source(self, source: Source, request: Request, keep_alive: bool) -> None:
        if request.method == "HEAD":
            source.close()
            self._sent(None, keep_alive)
            return
        self._sending = Sender(source, self._write_on)
        self._sending.done.addCallbacks(self._sent, self._broke, (keep_alive,))
        if not self._is_congested:
            self._sending.resume()

    def _write_on(self, data: bytes) -> None:
        self._touch()
        self._transport.write(data)

    def _sent(self, _: None, keep_alive: bool) -> None:
        self._sending = None
        if self._is_closing:
            self._hang_up()
        elif not keep_alive:
            self._close()
        else:
            self._answer_next()

    def _broke(self, failure: Failure) -> None:
        """The head has promised more than will come: only an end says so."""
        self._sending = None
        if not isinstance(failure.value, BrokenSource):
            log.error("a body could not be sent: %r", failure.value)
        if self in self._factory.connections:
            self._transport.abortConnection()

    def _refuse(self, error: MatrixError) -> None:
        """Answer what could not be read, and hang up."""
        response = error_response(error)
        self._touch()
        self._transport.write(head_of(response, keep_alive=False) + response.body)
        if self._reader.is_within_body:
            # Who still sends does not read yet, and would lose the answer if we hung up at once.
            self._is_closing = True
            self._factory.clock.call_later(LINGER_SECONDS, self._hang_up)
        else:
            self._close()

    def _discard(self, data: bytes) -> None:
        self._discarded += len(data)
        if self._discarded > MAX_DISCARDED:
            self._transport.abortConnection()

    def _close(self) -> None:
        self._is_closing = True
        self._hang_up()

    def _hang_up(self) -> None:
        self._transport.unregisterProducer()
        self._transport.loseConnection()

    # -- the transport says how much it can carry

    def pauseProducing(self) -> None:
        self._is_congested = True
        if self._sending is not None:
            self._sending.pause()
        self._choose_reading()

    def resumeProducing(self) -> None:
        self._is_congested = False
        if self._sending is not None:
            self._sending.resume()
        else:
            self._answer_next()

    def stopProducing(self) -> None:
        """The connection is lost: connectionLost says so too."""

    def _choose_reading(self) -> None:
        """Read no more requests than are being answered, and than answers are being taken."""
        waits = self._is_congested or self._opening is not None
        reads = not waits and len(self._reader.requests) <= MAX_PIPELINED
        if reads != self._is_reading and not self._is_closing:
            self._is_reading = reads
            if reads:
                self._transport.resumeProducing()
            else:
                self._transport.pauseProducing()

    # -- time

    def sweep(self, now_ms: int) -> None:
        """Hang up on who sends nothing, sends too slowly, or does not take the answer.

        A request may take RECEIVE_MS, and a millisecond more for each byte that has come.
        """
        if self._working is not None:
            return
        quiet_ms = now_ms - self._quiet_since_ms
        if self._is_closing:
            is_over = quiet_ms > CLOSE_MS
        elif self._reader.is_receiving:
            is_over = now_ms - self._began_ms > RECEIVE_MS + self._reader.received
        else:
            is_over = quiet_ms > IDLE_MS
        if is_over:
            self._transport.abortConnection()

    def stop(self) -> None:
        """Say no more than what is being sent."""
        if self._sending is not None:
            self._is_closing = True
        elif not self._is_closing:
            self._close()

    def _touch(self) -> None:
        self._quiet_since_ms = self._factory.clock.now_ms()

    def _client_ip(self, headers: Headers) -> str:
        if not self._is_behind_proxy:
            return self._peer
        header = headers.get(b"x-forwarded-for", b"")
        return self._factory.addresses.forwarded(header, self._peer)

    @property
    def _transport(self) -> Any:
        return self.transport


class HttpFactory(Factory):
    """Builds a protocol for each connection, and looks after the slow ones."""

    noisy = False

    def __init__(self, site: Site, clock: Clock, trusted_proxies: Iterable[Network]) -> None:
        self.site = site
        self.clock = clock
        self.addresses = ClientAddresses(trusted_proxies)
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
            connection.stop()
