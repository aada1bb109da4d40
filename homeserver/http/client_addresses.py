"""Who is at the other end, also behind reverse proxies that we trust."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_HOPS = 16


class ClientAddresses:
    """`trusted` are the proxies whose word about their clients counts: X-Forwarded-For."""

    def __init__(self, trusted: Iterable[Network]) -> None:
        self._trusted = tuple(trusted)

    def trusts(self, peer: str) -> bool:
        if not self._trusted:
            return False
        address = read_address(peer)
        return address is not None and self._is_trusted(address)

    def forwarded(self, header: bytes, peer: str) -> str:
        """The nearest address that is no proxy of ours: all left of it may be made up."""
        nearest = peer
        for hop in reversed(header.decode("latin-1").split(",")[-MAX_HOPS:]):
            address = read_address(hop)
            if address is None:
                break
            nearest = str(address)
            if not self._is_trusted(address):
                break
        return nearest

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def read_address(text: str) -> Address | None:
    """An address, perhaps with a port; IPv4 in the clothes of IPv6 counts as IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def plain(peer: str) -> str:
    """A peer's address as it is compared and logged."""
    if not peer.startswith("::"):
        return peer
    address = read_address(peer)
    return peer if address is None else str(address)


def address_key(ip: str) -> str:
    """One household has one IPv4 address, or a whole /64 of IPv6."""
    if ":" not in ip:
        return ip
    try:
        return IPv6Address(ip.partition("%")[0]).exploded[:19]
    except ValueError:
        return ip
