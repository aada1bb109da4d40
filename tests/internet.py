"""A network in memory: names, addresses, and servers behind them. TLS and HTTP are real."""

from collections.abc import Callable, Coroutine, Sequence
from ipaddress import ip_network
from typing import Any, TypeVar

from attrs import define, field, frozen
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionRefusedError, TimeoutError
from twisted.internet.interfaces import IReactorTCP
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.test.iosim import FakeTransport, IOPump, connect
from zope.interface import implementer

from homeserver.config.network import PRIVATE_RANGES
from homeserver.http.client import Client
from homeserver.http.outgoing_addresses import AddressRules
from homeserver.http.outgoing_connections import Connections
from homeserver.http.outgoing_names import Service
from homeserver.http.outgoing_tls import Trust
from homeserver.http.protocol import HttpFactory
from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, Endpoint, Route
from homeserver.http.site import Site
from tests.certificates import Authority, ServerTls
from tests.people import FakeClock

T = TypeVar("T")

# Addresses kept for documentation: denied to real servers, so they stand for public ones here.
PUBLIC = (ip_network("198.51.100.0/24"), ip_network("2001:db8::/32"))


@frozen
class Destination:
    """Who listens at an address; without a factory, nobody ever answers a call there."""

    factory: Any
    tls: ServerTls | None = None


@define(eq=False)
class Internet:
    """`hosts` are addresses by name; `calls` are the addresses and ports that were called."""

    authority: Authority
    clock: FakeClock = field(factory=FakeClock)
    hosts: dict[str, list[str]] = field(factory=dict)
    records: dict[str, list[Service]] = field(factory=dict)
    asked: list[str] = field(factory=list)
    calls: list[tuple[str, int]] = field(factory=list)
    _listening: dict[tuple[str, int], Destination] = field(factory=dict)
    _pumps: list[IOPump] = field(factory=list)

    # -- what is there

    def listen(self, address: str, port: int, factory: Any, *names: str) -> ServerTls | None:
        """A server; with names, behind TLS with a certificate for them."""
        tls = self.authority.tls(*names) if names else None
        self._listening[address, port] = Destination(factory, tls)
        return tls

    def unlisten(self, address: str, port: int) -> None:
        """Nobody is there any more; connections to there break."""
        del self._listening[address, port]
        for pump in self._pumps:
            if pump.serverIO.place == (address, port):
                pump.serverIO.loseConnection()
        self.settle()

    def swallows(self, address: str, port: int) -> None:
        """Whoever calls there hears nothing."""
        self._listening[address, port] = Destination(None)

    @property
    def reactor(self) -> "Reactor":
        return Reactor(self)

    def client(self, **rules: Any) -> Client:
        """A client that trusts the authority and calls the public addresses of this network."""
        admitted = AddressRules(rules.get("denied", PRIVATE_RANGES), rules.get("allowed", PUBLIC))
        trust = rules.get("trust", Trust((self.authority.path,)))
        reactor = self.reactor
        return Client(reactor, self.clock, Connections(reactor, self, admitted, trust))

    # -- the domain name system

    async def addresses(self, name: str) -> Sequence[str]:
        self.asked.append(name)
        return self.hosts.get(name, [])

    async def services(self, name: str) -> Sequence[Service]:
        self.asked.append(name)
        return self.records.get(name, [])

    # -- what happens

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of work that needs no time to pass."""
        (result,) = self.begin(work)
        return unpacked(result)

    def begin(self, work: Coroutine[Any, Any, T]) -> list[T | Failure]:
        """Start work; what is returned holds its outcome, once there is one."""
        outcome: list[T | Failure] = []
        Deferred.fromCoroutine(work).addBoth(outcome.append)
        self.settle()
        return outcome

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.settle()

    def settle(self) -> None:
        """Carry bytes until none are on their way."""
        moved = True
        while moved:
            self.clock.timers.advance(0)
            moved = any(_pump(pump) for pump in list(self._pumps))

    def open_connections(self) -> int:
        return sum(not pump.clientIO.disconnected for pump in self._pumps)

    def connect(self, host: str, port: int, factory: Any, timeout: float) -> None:
        self.calls.append((host, port))
        destination = self._listening.get((host, port))
        if destination is None:
            factory.clientConnectionFailed(None, _failure(ConnectionRefusedError))
        elif destination.factory is None:
            self.clock.call_later(
                timeout, lambda: factory.clientConnectionFailed(None, _failure(TimeoutError))
            )
        else:
            self._join(factory, destination, (host, port))

    def _join(self, factory: Any, destination: Destination, place: tuple[str, int]) -> None:
        server_factory = destination.factory
        if destination.tls is not None:
            server_factory = TLSMemoryBIOFactory(
                destination.tls, False, server_factory, self.clock.timers
            )
        client = factory.buildProtocol(IPv4Address("TCP", "198.51.100.1", 1))
        server = server_factory.buildProtocol(IPv4Address("TCP", "198.51.100.1", 2))
        ends = (Wire(server, True), Wire(client, False))  # type: ignore[no-untyped-call]
        ends[0].place = place
        self._pumps.append(
            connect(server, ends[0], client, ends[1], greet=False)  # type: ignore[no-untyped-call]
        )


class Wire(FakeTransport):
    place = ("", 0)

    def getPeer(self) -> IPv4Address:
        return IPv4Address("TCP", "198.51.100.1", 1)

    def abortConnection(self) -> None:
        self.stream.clear()
        super().abortConnection()  # type: ignore[no-untyped-call]


@implementer(IReactorTCP)
@define(eq=False)
class Reactor:
    """The part of a reactor that outgoing connections need."""

    _internet: Internet

    def connectTCP(
        self, host: str, port: int, factory: Any, timeout: float = 30, *_: object, **__: object
    ) -> Any:
        connector = Connector(host, port)
        factory.startedConnecting(connector)
        self._internet.connect(host, port, factory, timeout)
        return connector

    def listenTCP(self, port: int, factory: Any, backlog: int = 50, interface: str = "") -> Any:
        raise NotImplementedError

    def callLater(self, delay: float, function: Any, *args: Any, **kwargs: Any) -> Any:
        return self._internet.clock.timers.callLater(delay, function, *args, **kwargs)

    def seconds(self) -> float:
        return float(self._internet.clock.timers.seconds())


@frozen
class Connector:
    _host: str
    _port: int

    def stopConnecting(self) -> None: ...

    def getDestination(self) -> IPv4Address:
        return IPv4Address("TCP", self._host, self._port)


class Website:
    """Answers every request with what `answer` returns for it."""

    def __init__(self, answer: Callable[[Request], Response]) -> None:
        self._answer = answer
        self.requests: list[Request] = []

    def factory(self, clock: FakeClock) -> HttpFactory:
        site = Site(Everything(self), None, NoMeter())  # type: ignore[arg-type]
        return HttpFactory(site, clock, ())

    async def endpoint(self, request: Request) -> Response:
        self.requests.append(request)
        return self._answer(request)


@frozen
class Everything:
    """A router that leads to one website from everywhere."""

    _website: Website

    def find(self, method: str, path: str) -> tuple[Route, Endpoint, dict[str, str]]:
        found = Route(method, path, Access.PUBLIC, "", 1024 * 1024)
        return found, self._website.endpoint, {}


class NoMeter:
    def count(self, route: Route | None, status: int, seconds: float = 0.0) -> None:
        """Nobody looks at the numbers."""


class Speaker(Factory):
    """Says the same bytes to everybody who says something, and hangs up if it should."""

    noisy = False

    def __init__(self, said: bytes, *, hangs_up: bool = False) -> None:
        self.said = said
        self.hangs_up = hangs_up
        self.heard = b""

    def buildProtocol(self, addr: object) -> Protocol:
        return Speech(self)


class Speech(Protocol):
    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    def dataReceived(self, data: bytes) -> None:
        self._speaker.heard += data
        assert self.transport is not None
        self.transport.write(self._speaker.said)
        if self._speaker.hangs_up:
            self.transport.loseConnection()


def unpacked(result: T | Failure) -> T:
    if isinstance(result, Failure):
        result.raiseException()
    assert not isinstance(result, Failure)
    return result


def _failure(kind: Callable[[], Exception]) -> Failure:
    return Failure(kind())  # type: ignore[no-untyped-call]


def _pump(pump: IOPump) -> bool:
    moved: bool = pump.pump(advanceClock=False)  # type: ignore[no-untyped-call]
    return moved
