"""From a server name to its machine. Spec: Server-Server API, "Resolving server names"."""

from collections.abc import Sequence

from attrs import frozen

from homeserver.clock import Clock
from homeserver.http.outgoing_connections import Place, Target
from homeserver.http.outgoing_names import Dns, Service
from homeserver.peers.addresses import is_ip_literal, split
from homeserver.peers.errors import PeerUnreachable
from homeserver.peers.remembered import Remembered
from homeserver.peers.services import in_order
from homeserver.peers.sharing import Sharing
from homeserver.peers.well_known import WellKnown
from homeserver.randomness import Random

DEFAULT_PORT = 8448
SERVICES = ("_matrix-fed._tcp", "_matrix._tcp")
"""The registered name, and the one from before it."""

MIN_TTL_MS = 60_000
MAX_TTL_MS = 3_600_000
NO_RECORD_MS = 300_000
MAX_NAMES = 10_000


@frozen
class Said:
    """What the domain name system said: the services of a host, perhaps none."""

    services: Sequence[Service]


class Discovery:
    """Addresses are not remembered here: they are looked up, and checked, for each connection."""

    def __init__(self, well_known: WellKnown, dns: Dns, clock: Clock, random: Random) -> None:
        self._well_known = well_known
        self._dns = dns
        self._random = random
        self._said: Remembered[str, Said] = Remembered(clock, MAX_NAMES)
        self._asking: Sharing[str, Said] = Sharing()

    async def find(self, server_name: str) -> Target:
        """Where the server is, with the certificate and Host header that belong to it."""
        try:
            host, port = split(server_name)
        except ValueError:
            raise PeerUnreachable(f"{server_name[:300]!r} is no server name.") from None
        if (target := self._explicit(server_name, host, port)) is not None:
            return target
        delegated = await self._well_known.delegated(host)
        if delegated is None:
            return await self._by_service(host)
        host, port = split(delegated)
        return self._explicit(delegated, host, port) or await self._by_service(host)

    def _explicit(self, name: str, host: str, port: int | None) -> Target | None:
        """A name that says itself where it is: steps 1, 2, 3.1 and 3.2."""
        if port is None and not is_ip_literal(host):
            return None
        return Target(((host, port or DEFAULT_PORT),), host, name)

    async def _by_service(self, host: str) -> Target:
        """Steps 3.3 to 3.5 and 4 to 6: the certificate is for the host, whatever a record says."""
        said = self._said.get(host)
        if said is None:
            said = await self._asking.get(host, lambda: self._ask(host))
        return Target(self._places(host, said.services), host, host)

    def _places(self, host: str, services: Sequence[Service]) -> tuple[Place, ...]:
        if not services:
            return ((host, DEFAULT_PORT),)
        # A lone target "." says that there is decidedly no such service.
        return tuple(
            (service.host, service.port)
            for service in in_order(services, self._random)
            if service.host and service.port
        )

    async def _ask(self, host: str) -> Said:
        said, ttl_ms = Said(()), NO_RECORD_MS
        for service in SERVICES:
            if found := await self._dns.services(f"{service}.{host}"):
                ttl_ms = min(max(found[0].ttl * 1000, MIN_TTL_MS), MAX_TTL_MS)
                said = Said(tuple(found))
                break
        self._said.put(host, said, ttl_ms)
        return said
