"""Calls to web services, bounded in time and size, with failures in the kit's words."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from attrs import define, field, frozen

from bridges.kit.failures import Rejected, Transient
from bridges.kit.json_values import json_of
from bridges.kit.sources import TooLarge

ANSWER_S, FILE_S, CONNECT_S = 30, 300, 10
MAX_ANSWER = 20_000_000
MAX_REDIRECTS = 4
PIECE = 65_536


class Lost(Transient):
    """The connection broke: the network may have done what it was asked, or not."""


@frozen
class Reply:
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        return json_of(self.body)

    @property
    def mime(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


@define(eq=False)
class Web:
    """`name` is the network's, for words. Addresses may hold secrets: they are never logged.

    `call` goes where the operator or the network's own service says; `fetch` goes to addresses that
    anybody may have named, and so never into private networks, but for the hosts in `trusted`.
    """

    name: str
    _http: aiohttp.ClientSession
    _trusted: frozenset[str]

    async def call(
        self,
        method: str,
        url: str,
        *,
        wait_s: float = ANSWER_S,
        max_bytes: int = MAX_ANSWER,
        **request: Any,
    ) -> Reply:
        """Any answer at all. Raises Transient before the network was reached, Lost afterwards."""
        timeout = aiohttp.ClientTimeout(total=wait_s, sock_connect=CONNECT_S)
        options: dict[str, Any] = {"timeout": timeout, "allow_redirects": False, **request}
        try:
            async with self._http.request(method, url, **options) as response:
                body = await bounded(response, max_bytes)
                return Reply(response.status, response.headers, body)
        except aiohttp.ClientConnectorError:
            raise Transient(f"{self.name} cannot be reached.") from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise Lost(f"{self.name} cannot be reached.") from None
        except ValueError:
            raise Rejected("That address cannot be used.") from None

    async def fetch(
        self, url: str, max_bytes: int, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """A file. Raises Rejected when it is too large, is not there, or is not ours to ask for."""
        first = host_of(url)
        for _ in range(MAX_REDIRECTS + 1):
            self._check(url)
            given = headers if host_of(url) == first else None
            reply = await self.call("GET", url, wait_s=FILE_S, max_bytes=max_bytes, headers=given)
            if reply.status in (301, 302, 303, 307, 308) and "Location" in reply.headers:
                url = urljoin(url, reply.headers["Location"])
                continue
            if reply.status >= 500:
                raise Transient(f"{self.name} has trouble of its own.")
            if reply.status not in (200, 206):
                raise Rejected(f"{self.name} does not hand out that file ({reply.status}).")
            return reply
        raise Rejected("The file is always somewhere else.")

    def _check(self, url: str) -> None:
        """Names are checked when they are resolved; addresses in numbers are not resolved."""
        scheme, host = urlsplit(url).scheme, host_of(url)
        if scheme not in ("http", "https") or not host:
            raise Rejected("That address cannot be used.")
        if host in self._trusted:
            return
        try:
            address = ip_address(host)
        except ValueError:
            return
        if not is_public(address):
            raise Rejected("That address is in a private network.")


@asynccontextmanager
async def web(name: str, *trusted: str) -> AsyncIterator[Web]:
    """`trusted` are addresses from the operator's settings."""
    hosts = frozenset(host_of(url) for url in trusted)
    connector = aiohttp.TCPConnector(resolver=PublicNames(hosts), limit=100)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=True) as http:
        yield Web(name, http, hosts)


class PublicNames(AbstractResolver):
    """Leaves out addresses in private networks, unless the operator named the host."""

    def __init__(self, trusted: frozenset[str]) -> None:
        self._trusted, self._names = trusted, ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        found = await self._names.resolve(host, port, family)
        if host.lower() in self._trusted:
            return found
        public = [it for it in found if is_public(ip_address(it["host"].partition("%")[0]))]
        if not public:
            raise OSError(None, f"{host} is in a private network")
        return public

    async def close(self) -> None:
        await self._names.close()


def is_public(address: IPv4Address | IPv6Address) -> bool:
    inner = None
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
    return (inner or address).is_global and not address.is_multicast


def host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


async def bounded(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    if (response.content_length or 0) > max_bytes:
        raise TooLarge(max_bytes)
    body = bytearray()
    async for piece in response.content.iter_chunked(PIECE):
        body += piece
        if len(body) > max_bytes:
            raise TooLarge(max_bytes)
    return bytes(body)
