"""Connections to other machines: to checked addresses only, kept for a while, bounded."""

from ipaddress import ip_address
from itertools import chain, zip_longest
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.web.client import HTTPConnectionPool
from zope.interface import implementer

from homeserver.http.outgoing_addresses import AddressRules
from homeserver.http.outgoing_errors import OutgoingError, RefusedAddress, Unreachable
from homeserver.http.outgoing_names import Dns
from homeserver.http.outgoing_tls import Trust

CONNECT_SECONDS = 8
MAX_ADDRESSES = 4
MAX_HEAD_BYTES = 256 * 1024
IDLE_SECONDS = 60
MAX_IDLE = 500
IDLE_PER_HOST = 4

Place = tuple[str, int]
"""A host name or IP address, and a port."""


@frozen
class Target:
    """Where a request goes: the places to try in turn, and the value of the Host header.

    The certificate must be for `name`; without a name there is no TLS.
    """

    places: tuple[Place, ...]
    name: str
    host: str


class Connections:
    """Opens, reuses and closes connections; what may be called is decided here and nowhere else."""

    def __init__(self, reactor: Any, dns: Dns, rules: AddressRules, trust: Trust) -> None:
        self._reactor = reactor
        self._dns = dns
        self._rules = rules
        self._trust = trust
        self._pool: HTTPConnectionPool = _new_pool(reactor)

    def lease(self, target: Target) -> "Lease":
        return Lease(self, self._pool, target)

    def close(self) -> None:
        self._pool.closeCachedConnections()  # type: ignore[no-untyped-call]

    async def connect(self, target: Target, factory: IProtocolFactory) -> Any:
        """The protocol of the factory, connected; raises OutgoingError."""
        wrapped: IProtocolFactory = _Heads(factory)  # type: ignore[no-untyped-call]
        if target.name:
            tls = self._trust.tls_for(target.name)
            wrapped = TLSMemoryBIOFactory(tls, True, wrapped, self._reactor)
        problem: OutgoingError | None = None
        for host, port in target.places:
            try:
                return await self._connect_to(host, port, wrapped)
            except OutgoingError as error:
                problem = problem or error
        raise problem or Unreachable("There is no place to go to.")

    async def _connect_to(self, host: str, port: int, factory: IProtocolFactory) -> Any:
        problem: Exception | None = None
        for address in await self._checked_addresses(host):
            endpoint = TCP6ClientEndpoint if ":" in address else TCP4ClientEndpoint
            try:
                # Exactly the address that was checked: the name is not looked up again.
                protocol: Any = await endpoint(
                    self._reactor, address, port, timeout=CONNECT_SECONDS
                ).connect(factory)
            except ConnectError as error:
                problem = error
            else:
                return innermost(protocol)
        raise Unreachable(f"Nobody answers at {host}, port {port}: {problem}")

    async def _checked_addresses(self, host: str) -> list[str]:
        try:
            found = [str(ip_address(host))]
        except ValueError:
            found = await self._look_up(host)
        admitted = [address for address in found if self._rules.admit(address)]
        if not admitted:
            raise RefusedAddress(f"{host} is at an address that this server does not call.")
        return mixed(admitted)[:MAX_ADDRESSES]

    async def _look_up(self, host: str) -> list[str]:
        try:
            found = list(await self._dns.addresses(host))
        except (DNSLookupError, OSError, UnicodeError) as error:
            raise Unreachable(f"The name {host} could not be looked up: {error}") from None
        if not found:
            raise Unreachable(f"There is no host of the name {host}.")
        return found


@implementer(IStreamClientEndpoint)
class Lease:
    """One connection for one request. An agent takes it for its pool and its endpoint."""

    persistent = True

    def __init__(self, connections: Connections, pool: HTTPConnectionPool, target: Target) -> None:
        self._connections = connections
        self._pool = pool
        self._target = target
        self._connection: Any = None
        self.is_reused = True

    def endpointForURI(self, uri: object) -> "Lease":
        return self

    def getConnection(self, key: object, endpoint: IStreamClientEndpoint) -> Deferred[Any]:
        # Not the agent's key: its URI parser must not decide who shares a connection.
        own_key = (self._target.name, frozenset(self._target.places))
        return self._pool.getConnection(own_key, endpoint).addCallback(self._take)

    def connect(self, factory: IProtocolFactory) -> Deferred[Any]:
        self.is_reused = False
        return Deferred.fromCoroutine(self._connections.connect(self._target, factory))

    def head_arrived(self) -> None:
        """The rest of the answer is its body, which the caller measures."""
        if self._connection is not None and self._connection.transport is not None:
            self._connection.transport.bytes_left = None

    def cut(self) -> None:
        if self._connection is not None:
            abort(self._connection.transport)

    def _take(self, connection: Any) -> Any:
        self._connection = connection
        connection.transport.bytes_left = MAX_HEAD_BYTES
        return connection


class _Pool(HTTPConnectionPool):
    """Keeps idle connections: a few of each host, and a bounded number of all."""

    # Whether a request may be repeated is decided where its meaning is known.
    retryAutomatically = False
    maxPersistentPerHost = IDLE_PER_HOST
    cachedConnectionTimeout = IDLE_SECONDS

    def _putConnection(self, key: object, connection: Any) -> None:
        if len(self._timeouts) >= MAX_IDLE:
            connection.transport.loseConnection()
            return
        super()._putConnection(key, connection)  # type: ignore[no-untyped-call]

    def _removeConnection(self, key: object, connection: Any) -> None:
        super()._removeConnection(key, connection)  # type: ignore[no-untyped-call]
        if not self._connections[key]:
            del self._connections[key]


class _Head(ProtocolWrapper):
    """Measures the head of an answer, since Twisted's parser takes headers without end."""

    bytes_left: int | None = MAX_HEAD_BYTES

    def dataReceived(self, data: bytes) -> None:
        if self.bytes_left is not None:
            self.bytes_left -= len(data)
            if self.bytes_left < 0:
                abort(self.transport)
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]


class _Heads(WrappingFactory[_Head]):
    noisy = False
    protocol = _Head


def abort(transport: Any) -> None:
    """End a connection at once, however much the other side still has to say."""
    if transport is not None:
        transport.abortConnection()


def _new_pool(reactor: Any) -> HTTPConnectionPool:
    return _Pool(reactor)  # type: ignore[no-untyped-call]


def innermost(protocol: Any) -> Any:
    """The protocol inside the layers of TLS and measuring."""
    while isinstance(protocol, ProtocolWrapper):
        protocol = protocol.wrappedProtocol
    return protocol


def mixed(addresses: list[str]) -> list[str]:
    """IPv6 and IPv4 in turn, so that a family that does not work costs one try."""
    six = [address for address in addresses if ":" in address]
    four = [address for address in addresses if ":" not in address]
    return [address for address in chain(*zip_longest(six, four)) if address is not None]
