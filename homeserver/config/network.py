"""Settings of how this server meets other servers."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

import attrs
from attrs import frozen

from homeserver.config.fields import required, setting
from homeserver.config.forms import Duration, IpRange, ServerName, ServerPattern

PRIVATE_RANGES: tuple[IPv4Network | IPv6Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "::/128",
            "::1/128",
            "100::/64",
            "2001:db8::/32",
            "fc00::/7",
            "fe80::/10",
            "fec0::/10",
            "ff00::/8",
        ),
    )
)
"""Addresses that no stranger may make this server call: private, local and reserved ones."""


@frozen(kw_only=True)
class Federation:
    """Talking with other homeservers."""

    enabled: bool = setting(True, "Whether other servers and this one talk at all.")
    verify_tls: bool = setting(True, "Whether certificates of other servers must be valid.")
    custom_ca_paths: tuple[Path, ...] = setting(
        (),
        "Further authorities whose certificates are good, as PEM files.",
        example=["authority.pem"],
    )
    ip_range_denylist: tuple[IpRange, ...] = setting(
        PRIVATE_RANGES, "Address ranges that are never called."
    )
    show_device_names: bool = setting(
        True, "Whether other servers are told the names that people gave to their devices."
    )
    allow: tuple[ServerPattern, ...] | None = setting(
        None, "Talk only with these servers.", example=["example.org", "*.example.org"]
    )
    deny: tuple[ServerPattern, ...] = setting(
        (), "Never talk with these servers.", example=["*.example.net"]
    )
    retry_after: Duration = setting(
        60_000, "How long a server that did not answer is let be; twice as long each further time."
    )
    retry_at_most: Duration = setting(86_400_000, "The longest that it is let be.")


@frozen(kw_only=True)
class TrustedKeyServer:
    """A server that is asked for the keys of others."""

    server_name: ServerName = attrs.field(metadata=required("Its name."))
    verify_keys: dict[str, str] = setting(
        {},
        "Its own keys, by id. Without them it is trusted through TLS.",
        example={"ed25519:auto": "Noi6WqcDj0QmPxCNQqgezwTlBKrfqehY1u2FyWP9uYw"},
    )
