"""Settings of the ports that the server listens on."""

from pathlib import Path
from typing import Literal

import attrs
from attrs import frozen

from homeserver.config.fields import required, setting
from homeserver.config.forms import IpRange, Port

Resource = Literal["client", "federation", "keys", "media", "admin", "metrics"]


@frozen(kw_only=True)
class Tls:
    """A certificate, where no reverse proxy looks after it."""

    certificate_path: Path = attrs.field(
        metadata=required("The certificate with its chain, as PEM.")
    )
    private_key_path: Path = attrs.field(metadata=required("The private key, as PEM."))


@frozen(kw_only=True)
class Listener:
    """A port, and what is served there."""

    port: Port = setting(8008, "The port.")
    bind_addresses: tuple[str, ...] = setting(
        ("127.0.0.1",), "Where it listens: `127.0.0.1` is this machine only, `0.0.0.0` everywhere."
    )
    tls: Tls | None = setting(None, "Serve HTTPS with this certificate.")
    resources: tuple[Resource, ...] = setting(
        ("client", "federation", "keys", "media"),
        "What is served: `client`, `federation`, `keys`, `media`, `admin`, `metrics`.",
    )
    trusted_proxies: tuple[IpRange, ...] = setting(
        (), "Reverse proxies whose X-Forwarded-For header is believed.", example=["127.0.0.1/32"]
    )
