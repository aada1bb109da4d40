"""The domain name system, as far as outgoing requests need it."""

from collections.abc import Sequence
from typing import Any, Protocol

from attrs import frozen
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import IHostResolution, IResolutionReceiver
from twisted.names import client, dns
from twisted.names.error import DNSQueryTimeoutError, DomainError, ResolverError
from zope.interface import implementer

from homeserver.logs import logger

SERVICE_TIMEOUTS = (2, 3, 5)
"""Seconds to wait for a name server, try by try."""

MAX_RECORDS = 32

log = logger(__name__)


@frozen
class Service:
    """An SRV record (RFC 2782); `ttl` in seconds."""

    host: str
    port: int
    priority: int
    weight: int
    ttl: int


class Dns(Protocol):
    async def addresses(self, name: str) -> Sequence[str]:
        """All addresses of a host, IPv6 and IPv4; none if there is no such name."""

    async def services(self, name: str) -> Sequence[Service]:
        """The SRV records of a name; none too if no name server answers."""


class NoDns:
    """For a server without a network: no name leads anywhere."""

    async def addresses(self, name: str) -> Sequence[str]:
        return ()

    async def services(self, name: str) -> Sequence[Service]:
        return ()


class SystemDns:
    """Addresses as the operating system finds them, services from its name servers."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._resolver: Any = None

    async def addresses(self, name: str) -> Sequence[str]:
        receiver = _Addresses()
        self._reactor.nameResolver.resolveHostName(receiver, name)
        return await receiver.done

    async def services(self, name: str) -> Sequence[Service]:
        if self._resolver is None:
            self._resolver = _new_resolver(self._reactor)
        try:
            answers, _, _ = await self._resolver.lookupService(name, SERVICE_TIMEOUTS)
        except (DomainError, DNSQueryTimeoutError, ResolverError, DNSLookupError) as error:
            log.debug("no SRV records of %s: %r", name, error)
            return ()
        return [_service(answer) for answer in answers[:MAX_RECORDS] if answer.type == dns.SRV]


@implementer(IResolutionReceiver)
class _Addresses:
    def __init__(self) -> None:
        self.done: Deferred[list[str]] = Deferred()
        self._found: list[str] = []

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:  # noqa: N803
        """There is nothing to note."""

    def addressResolved(self, address: Any) -> None:
        if isinstance(address, (IPv4Address, IPv6Address)) and len(self._found) < MAX_RECORDS:
            self._found.append(address.host)

    def resolutionComplete(self) -> None:
        if not self.done.called:
            self.done.callback(self._found)


def _new_resolver(reactor: Any) -> client.Resolver:
    return client.Resolver(  # type: ignore[no-untyped-call]
        "/etc/resolv.conf", reactor=reactor
    )


def _service(answer: dns.RRHeader) -> Service:
    record: Any = answer.payload
    host = record.target.name.decode("ascii", "replace").rstrip(".")
    return Service(host, record.port, record.priority, record.weight, answer.ttl)
