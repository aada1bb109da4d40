"""Which addresses this server may call at the wish of strangers."""

from collections.abc import Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

from attrs import frozen

Network = IPv4Network | IPv6Network

_COMPATIBLE = IPv6Network("::/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_ISATAP = (0x00005EFE, 0x02005EFE)
_LOW_32_BITS = 0xFFFFFFFF


@frozen
class AddressRules:
    """What is in `allowed` may be called even if it is in `denied` too."""

    denied: tuple[Network, ...]
    allowed: tuple[Network, ...] = ()

    def admit(self, text: str) -> bool:
        """An IPv6 address must be good itself, and so must any IPv4 address that it stands for."""
        try:
            address = ip_address(text)
        except ValueError:
            return False
        if _within(address, self.allowed):
            return True
        return not any(_within(form, self.denied) for form in _forms(address))


def _within(address: IPv4Address | IPv6Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _forms(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    yield address
    if isinstance(address, IPv6Address):
        yield from _embedded(address)


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that gateways on the way may make of it."""
    number = int(address)
    low = IPv4Address(number & _LOW_32_BITS)
    if address.ipv4_mapped or address in _COMPATIBLE or address in _NAT64:
        yield low
    if address in _LOCAL_NAT64:
        # RFC 6052 writes it around bits 64 to 71; a longer prefix has it at the end.
        yield IPv4Address((number >> 64 & 0xFFFF) << 16 | number >> 40 & 0xFFFF)
        yield low
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if number >> 32 & _LOW_32_BITS in _ISATAP:
        yield low
