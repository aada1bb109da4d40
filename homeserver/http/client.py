"""The one door for requests to other machines: bounded in time and size."""

from collections.abc import Mapping
from io import BytesIO
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from attrs import evolve, field, frozen
from twisted.internet.defer import CancelledError
from twisted.web.client import Agent
from twisted.web.http_headers import Headers
from twisted.web.iweb import IResponse

from homeserver import __version__
from homeserver.clock import Clock
from homeserver.http.deadline import within
from homeserver.http.outgoing_bodies import BytesBody, Collector, OpenSink, Sink
from homeserver.http.outgoing_connections import Connections, Lease, Target
from homeserver.http.outgoing_errors import (
    AnswerTooLarge,
    BadAnswer,
    OutgoingError,
    Unreachable,
)
from homeserver.http.outgoing_failures import explained, was_closed
from homeserver.json_values import JsonObject, JsonValue, decode, encode

DEFAULT_PORTS = {"https": 443, "http": 80}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
MAX_URL = 16 * 1024
USER_AGENT = f"Isthmus/{__version__}"


@frozen
class Limits:
    """Of a whole exchange, with all its redirects; `size` is the answer's, in bytes."""

    seconds: float = 30.0
    size: int = 1024 * 1024
    redirects: int = 0


@frozen
class Outgoing:
    """A request to be sent.

    `target` is where to, unless the URL says that. What `sink` makes takes the body of a 2xx
    answer.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes | None = None
    target: Target | None = None
    sink: OpenSink | None = None


@frozen
class Answer:
    """`headers` have names in small letters; `url` is where the last redirect led."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    def json(self) -> JsonValue:
        try:
            return decode(self.body)
        except ValueError as error:
            raise BadAnswer(f"The answer is not valid JSON: {error}.") from None


class Client:
    """Knows no cookies and no passwords; where a redirect leads is checked anew."""

    def __init__(self, reactor: Any, clock: Clock, connections: Connections) -> None:
        self._reactor = reactor
        self._clock = clock
        self._connections = connections

    async def request(self, outgoing: Outgoing, limits: Limits = Limits()) -> Answer:
        """Any answer, whatever its status; raises OutgoingError."""
        return await within(self._clock, limits.seconds, self._follow(outgoing, limits))

    async def get_json(self, url: str, limits: Limits = Limits()) -> JsonObject:
        return _json_object(await self.request(Outgoing("GET", url), limits))

    async def post_json(self, url: str, body: JsonObject, limits: Limits = Limits()) -> JsonObject:
        headers = {"Content-Type": "application/json"}
        return _json_object(
            await self.request(Outgoing("POST", url, headers, encode(body)), limits)
        )

    def close(self) -> None:
        """Let go of idle connections."""
        self._connections.close()

    async def _follow(self, outgoing: Outgoing, limits: Limits) -> Answer:
        for _ in range(limits.redirects + 1):
            answer = await self._send(outgoing, limits.size)
            if not limits.redirects or not _redirects(outgoing, answer):
                return answer
            outgoing = evolve(outgoing, url=_next_url(answer), headers={}, target=None)
        raise BadAnswer(f"There were more than {limits.redirects} redirects.")

    async def _send(self, outgoing: Outgoing, size: int) -> Answer:
        """Once more where a kept connection turned out to be closed already."""
        target = outgoing.target or target_of(split_url(outgoing.url))
        lease = self._connections.lease(target)
        try:
            return await self._exchange(outgoing, target, lease, size)
        except _Stale:
            lease = self._connections.lease(target)
            return await self._exchange(outgoing, target, lease, size)

    async def _exchange(
        self, outgoing: Outgoing, target: Target, lease: Lease, size: int
    ) -> Answer:
        agent = _agent(self._reactor, lease)
        headers = Headers({"Host": [target.host], "User-Agent": [USER_AGENT]})
        for name, value in outgoing.headers.items():
            headers.setRawHeaders(name, [value])
        try:
            response = await agent.request(
                outgoing.method.encode("ascii"),
                outgoing.url.encode("ascii"),
                headers,
                None if outgoing.body is None else BytesBody(outgoing.body),
            )
        except (OutgoingError, CancelledError):
            raise
        except Exception as error:
            if lease.is_reused and outgoing.method in REPEATABLE and was_closed(error):
                raise _Stale from None
            raise explained(error) from None
        lease.head_arrived()
        return await _read(outgoing, response, lease, size)


def _agent(reactor: Any, lease: Lease) -> Agent:
    return Agent.usingEndpointFactory(  # type: ignore[no-untyped-call,no-any-return]
        reactor, lease, lease
    )


class _Stale(Unreachable):
    """The other side had closed a kept connection before it saw the request."""


def split_url(url: str) -> SplitResult:
    """Raises BadAnswer for what is no plain http or https address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadAnswer("This is not a valid URL.") from None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or port == 0:
        raise BadAnswer("Only http and https URLs with a host can be called.")
    if parts.username is not None or len(url) > MAX_URL or not is_plain(url):
        raise BadAnswer("URLs with passwords, spaces or letters beyond ASCII are not called.")
    return parts


def is_plain(text: str) -> bool:
    """Whether nothing in a text could end a line of a request."""
    return text.isascii() and text.isprintable() and " " not in text


def target_of(parts: SplitResult) -> Target:
    """The place that a URL itself names."""
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return Target(
        ((host, port),),
        host if parts.scheme == "https" else "",
        with_port(host, parts.port),
    )


def with_port(host: str, port: int | None) -> str:
    """As a Host header says it."""
    try:
        shown = f"[{host}]" if ip_address(host).version == 6 else host
    except ValueError:
        shown = host
    return shown if port is None else f"{shown}:{port}"


async def _read(outgoing: Outgoing, response: IResponse, lease: Lease, size: int) -> Answer:
    if isinstance(response.length, int) and response.length > size:
        lease.cut()
        raise AnswerTooLarge(f"The answer is larger than {size} bytes.")
    headers = {
        name.decode("latin-1").lower(): values[-1].decode("latin-1")
        for name, values in response.headers.getAllRawHeaders()
    }
    buffer = BytesIO()
    sink = _sink_of(outgoing, response.code, headers, lease) or buffer
    collector = Collector(sink, size, lease.cut)
    response.deliverBody(collector)  # type: ignore[no-untyped-call]
    await collector.done
    return Answer(response.code, headers, buffer.getvalue(), outgoing.url)


def _sink_of(
    outgoing: Outgoing, status: int, headers: Mapping[str, str], lease: Lease
) -> Sink | None:
    if outgoing.sink is None or not 200 <= status < 300:
        return None
    try:
        return outgoing.sink(headers)
    except Exception:
        lease.cut()
        raise


def _redirects(outgoing: Outgoing, answer: Answer) -> bool:
    return (
        outgoing.method in ("GET", "HEAD")
        and answer.status in REDIRECTS
        and "location" in answer.headers
    )


def _next_url(answer: Answer) -> str:
    try:
        url = urljoin(answer.url, answer.headers["location"])
    except ValueError:
        raise BadAnswer("A redirect leads to what is no URL.") from None
    if answer.url.startswith("https:") and split_url(url).scheme != "https":
        raise BadAnswer("A redirect leads away from https.")
    return url


def _json_object(answer: Answer) -> JsonObject:
    if not 200 <= answer.status < 300:
        raise BadAnswer(f"The answer has status {answer.status}.")
    value = answer.json()
    if not isinstance(value, dict):
        raise BadAnswer("The answer is not a JSON object.")
    return value
