"""The settings file of a bridge."""

from collections.abc import Mapping
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import yaml
from attrs import field, frozen

from bridges.matrix.registration import Names, registration
from bridges.portals.permissions import Permissions


class WrongSettings(Exception):
    """Says in a sentence what is wrong, and where."""


@frozen
class Settings:
    """`network` names a package of `bridges.networks`, or any other by its full name."""

    network: str
    network_settings: Mapping[str, object]
    homeserver: str
    names: Names
    bind_host: str
    bind_port: int
    database: str
    permissions: Permissions
    public_address: str
    as_token: str = field(repr=False)
    hs_token: str = field(repr=False)

    @property
    def address(self) -> str:
        return f"http://{self.bind_host}:{self.bind_port}"

    def registration(self) -> dict[str, Any]:
        return registration(self.names, self.address, self.as_token, self.hs_token)


def read(path: Path) -> Settings:
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise WrongSettings(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise WrongSettings(f"{path} must hold keys and values.")
    try:
        return understood(content)
    except KeyError as error:
        raise WrongSettings(f"{path}: the key or level {error} is missing or unknown.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise WrongSettings(f"{path}: {error}") from error


def understood(content: dict[str, Any]) -> Settings:
    network = str(content["network"])
    host, _, port = str(content["listen"]).rpartition(":")
    return Settings(
        network=network,
        network_settings=content.get("network_settings") or {},
        homeserver=str(content["homeserver"]).rstrip("/"),
        names=Names(str(content["domain"]), str(content.get("prefix") or network.split(".")[-1])),
        bind_host=host,
        bind_port=int(port),
        database=str(content["database"]),
        permissions=Permissions.read(content["permissions"]),
        public_address=str(content.get("public_address") or f"http://{host}:{port}").rstrip("/"),
        as_token=str(content["as_token"]),
        hs_token=str(content["hs_token"]),
    )


def sample(network: str, domain: str, homeserver: str, listen: str) -> str:
    """A file to begin with, with tokens of its own."""
    return f"""# A bridge of Isthmus to {network}. Keep this file to yourself: it holds tokens.
network: {network}
network_settings: {{}}

# How the bridge reaches the homeserver, and the name at the end of its users' ids.
homeserver: {homeserver}
domain: {domain}

# Where the homeserver reaches the bridge.
listen: {listen}

# A file (SQLite), or postgresql://user@host/name.
database: {network}.db

# By user, server, or "*" for all: block, relay, user or admin.
permissions:
  "*": relay
  {domain}: user

as_token: {token_urlsafe(32)}
hs_token: {token_urlsafe(32)}
"""
