"""A small site to try HTTP on: endpoints that answer, fail or wait, and a wire to see the bytes."""

import asyncio
from collections.abc import Awaitable, Iterable
from ipaddress import ip_network
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import CancelledError, Deferred

from homeserver.errors import Forbidden, LimitExceeded, MissingToken
from homeserver.http.protocol import HttpConnection, HttpFactory
from homeserver.http.request import Request
from homeserver.http.requester import Requester
from homeserver.http.response import Response
from homeserver.http.routing import Access, Route, Router, route
from homeserver.http.site import Site
from homeserver.json_values import JsonObject
from tests.people import FakeClock


class ShopEndpoints:
    def __init__(self) -> None:
        self.waiting: list[Deferred[str]] = []
        self.cancelled = 0
        self.ips: list[str] = []

    @route("GET", "/_shop/hello", access=Access.PUBLIC)
    async def hello(self, request: Request) -> JsonObject:
        self.ips.append(request.client_ip)
        return {"hello": request.text("name", "world")}

    @route("PUT", "/_shop/things/{name}/{part}", access=Access.PUBLIC, max_body=1000)
    async def put_thing(self, request: Request, name: str, part: str) -> JsonObject:
        return {"name": name, "part": part, "body": request.json()}

    @route("GET", "/_shop/things/{name}", access=Access.PUBLIC)
    async def get_thing(self, request: Request, name: str) -> JsonObject:
        return {"name": name}

    @route("GET", "/_shop/waits", access=Access.PUBLIC, waits=True)
    async def waits(self, request: Request) -> JsonObject:
        return {"got": await self._wait()}

    @route("POST", "/_shop/works", access=Access.PUBLIC)
    async def works(self, request: Request) -> JsonObject:
        return {"got": await self._wait()}

    @route("GET", "/_shop/large", access=Access.PUBLIC)
    async def large(self, request: Request) -> Response:
        return Response(b"x" * request.integer("size", 200_000), content_type="text/plain")

    @route("GET", "/_shop/fails", access=Access.PUBLIC)
    async def fails(self, request: Request) -> JsonObject:
        raise LookupError("the secret ingredient")

    @route("GET", "/_shop/cancels", access=Access.PUBLIC)
    async def cancels(self, request: Request) -> JsonObject:
        raise CancelledError

    @route("GET", "/_shop/odd", access=Access.PUBLIC)
    async def odd(self, request: Request) -> Response:
        value = request.text("value")
        return Response(b"odd", 200, content_type=value, headers=(("X-Odd", value),))

    @route("GET", "/_shop/status", access=Access.PUBLIC)
    async def status(self, request: Request) -> Response:
        return Response(b"", request.integer("code", 204))

    @route("GET", "/_shop/mine")
    async def mine(self, request: Request) -> JsonObject:
        return {"user_id": request.user_id}

    @route("GET", "/_shop/dear", access=Access.PUBLIC, cost="message")
    async def dear(self, request: Request) -> JsonObject:
        raise AssertionError("nobody has paid")

    @route("GET", "/_shop/forbidden", access=Access.OPTIONAL)
    async def forbidden(self, request: Request) -> JsonObject:
        raise Forbidden("Not for you.")

    @route("GET", "/v3/both", access=Access.PUBLIC)
    async def both(self, request: Request) -> JsonObject:
        return {}

    async def _wait(self) -> str:
        deferred: Deferred[str] = Deferred()
        self.waiting.append(deferred)
        try:
            return await deferred
        except CancelledError:
            self.cancelled += 1
            raise


class Porter:
    """Lets in whoever names himself as the token; charges for everything that costs."""

    def identify(self, request: Request, access: Access) -> Requester | Awaitable[Requester] | None:
        token = request.access_token()
        if token is None:
            if access is Access.OPTIONAL:
                return None
            raise MissingToken("No access token.")
        return Requester(f"@{token}:test", "DEVICE")

    def charge(self, request: Request, route: Route) -> None:
        raise LimitExceeded(1500)


class Tally:
    def __init__(self) -> None:
        self.counted: list[tuple[str, int]] = []

    def count(self, route: Route | None, status: int, seconds: float = 0.0) -> None:
        self.counted.append((route.path if route else "", status))


class Wire:
    """The transport of one connection, and what the client has sent and got."""

    def __init__(self, connection: HttpConnection, peer: str) -> None:
        self.connection = connection
        self.writes: list[bytes] = []
        self.closed = self.aborted = False
        self.reads = True
        self.full_at: int | None = None
        self._peer = peer
        self._producer: Any = None
        connection.makeConnection(self)  # type: ignore[no-untyped-call]

    # -- the client's side

    def send(self, data: bytes) -> None:
        self.connection.dataReceived(data)

    def get(self, path: str, *headers: str) -> "Wire":
        lines = [f"GET {path} HTTP/1.1", "Host: test", *headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n")
        return self

    @property
    def written(self) -> bytes:
        return b"".join(self.writes)

    def answers(self) -> list[tuple[int, dict[str, str], bytes]]:
        return read_answers(self.written)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        (found,) = self.answers()
        return found

    def hang_up(self) -> None:
        self.connection.connectionLost()

    def take(self) -> None:
        """The client has taken all that was written."""
        self.full_at = None
        self._producer.resumeProducing()

    # -- the server's side

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.writes.append(data)
        if self.full_at is not None and len(self.written) > self.full_at:
            self._producer.pauseProducing()

    def getPeer(self) -> IPv4Address:
        return IPv4Address("TCP", self._peer, 4711)

    def setTcpNoDelay(self, _: bool) -> None: ...

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        assert streaming
        self._producer = producer

    def unregisterProducer(self) -> None:
        self._producer = None

    def loseConnection(self) -> None:
        self.closed = True

    def abortConnection(self) -> None:
        self.closed = self.aborted = True

    def pauseProducing(self) -> None:
        self.reads = False

    def resumeProducing(self) -> None:
        self.reads = True


class Shop:
    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self.endpoints = ShopEndpoints()
        self.clock = FakeClock()
        self.tally = Tally()
        router = Router()
        router.add(self.endpoints)
        self.site = Site(router, Porter(), self.tally)
        networks = [ip_network(text) for text in trusted]
        self.factory = HttpFactory(self.site, self.clock, networks)
        self.factory.start_sweeping()

    def connect(self, peer: str = "203.0.113.7") -> Wire:
        return Wire(self.factory.buildProtocol(None), peer)


def read_answers(
    data: bytes, *, bodiless: frozenset[int] = frozenset()
) -> list[tuple[int, dict[str, str], bytes]]:
    """Status, headers in lower case and body of each answer; those to HEAD are `bodiless`."""
    found: list[tuple[int, dict[str, str], bytes]] = []
    while data:
        head, separator, data = data.partition(b"\r\n\r\n")
        assert separator, "the stream ends within a head"
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status, *_ = first.split(" ")
        assert version == "HTTP/1.1"
        if status == "100":
            continue
        headers = dict(line.lower().split(": ", 1) for line in lines)
        length = 0 if len(found) in bodiless else int(headers.get("content-length", "0"))
        assert len(data) >= length, "the stream ends within a body"
        found.append((int(status), headers, data[:length]))
        data = data[length:]
    return found


async def exchange(port: int, data: bytes, **options: Any) -> bytes:
    """All that a real socket answers until it is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
    writer.write(data)
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return answer
