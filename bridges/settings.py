"""The settings file of a bridge."""

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import yaml
from attrs import field, frozen

from bridges.logs import FORMATS
from bridges.matrix.registration import Names, puppets_registration, registration
from bridges.portals.permissions import Permissions

LEAST_SECRET = 32
HISTORY = 1000


class Secrecy(Enum):
    """When the bridge encrypts."""

    OFF = "off"
    FOLLOW = "follow"
    ALWAYS = "always"


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
    encryption: Secrecy
    history: int
    tidies: bool
    """Rooms that no login serves any more are left."""
    shows_delivery: bool
    """Whether it is said of each message when it is on somebody's device."""
    store_secret: str = field(repr=False)
    as_token: str = field(repr=False)
    hs_token: str = field(repr=False)
    puppets_token: str = field(default="", repr=False)
    """Of the second registration, which lets us speak for people of the homeserver."""
    double_puppets: bool = True
    log_format: str = "text"
    provisioning_secret: str = field(default="", repr=False)
    """Of programs that log people in. Without it there is no such API."""

    @property
    def address(self) -> str:
        return f"http://{self.bind_host}:{self.bind_port}"

    def registration(self) -> dict[str, Any]:
        return registration(self.names, self.address, self.as_token, self.hs_token)

    def puppets_registration(self) -> dict[str, Any]:
        """Nothing is sent by it: its second token only fills the form."""
        if not self.puppets_token:
            raise WrongSettings("The settings file has no puppets_token.")
        return puppets_registration(self.names, self.puppets_token, token_urlsafe(32))


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
        encryption=read_secrecy(content),
        history=int(content.get("history", HISTORY)),
        tidies=read_after_logout(content),
        shows_delivery=content.get("delivery_events", False) is True,
        store_secret=str(content.get("store_secret", "")),
        as_token=str(content["as_token"]),
        hs_token=str(content["hs_token"]),
        puppets_token=str(content.get("puppets_token") or ""),
        log_format=read_log_format(content),
        double_puppets=content.get("double_puppets", True) is True,
        provisioning_secret=str(content.get("provisioning_secret") or ""),
    )


def read_secrecy(content: dict[str, Any]) -> Secrecy:
    """Without a secret for its keys a bridge cannot encrypt."""
    has_secret = len(str(content.get("store_secret", ""))) >= LEAST_SECRET
    written = content.get("encryption", "follow" if has_secret else "off")
    # YAML reads the word "off" as false.
    secrecy = Secrecy("off" if written is False else written)
    if secrecy is not Secrecy.OFF and not has_secret:
        raise ValueError(f"`encryption` needs a `store_secret` of {LEAST_SECRET} letters or more.")
    return secrecy


def read_after_logout(content: dict[str, Any]) -> bool:
    wanted = content.get("after_logout", "stay")
    if wanted not in ("stay", "leave"):
        raise ValueError("`after_logout` is stay or leave.")
    return bool(wanted == "leave")


def read_log_format(content: dict[str, Any]) -> str:
    format = str(content.get("log_format", "text"))
    if format not in FORMATS:
        raise ValueError(f"`log_format` is one of {', '.join(FORMATS)}.")
    return format


@frozen
class Answers:
    """What somebody says who sets a bridge up."""

    network: str
    domain: str
    homeserver: str = "http://127.0.0.1:8008"
    listen: str = "127.0.0.1:29330"
    prefix: str = ""
    database: str = ""
    network_settings: Mapping[str, object] = field(factory=dict)
    permissions: Mapping[str, str] = field(factory=dict)

    def all_permissions(self) -> dict[str, str]:
        return {"*": "relay", self.domain: "user"} | dict(self.permissions)


def sample(answers: Answers) -> str:
    """A file to begin with, with tokens of its own."""
    it = answers

    def written(key: str, value: object) -> str:
        return yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True)

    return f"""# A bridge of Isthmus to {it.network}. Keep this file to yourself: it holds tokens.
{written("network", it.network)}{written("network_settings", dict(it.network_settings))}
# How the bridge reaches the homeserver, and the name at the end of its users' ids.
{written("homeserver", it.homeserver)}{written("domain", it.domain)}
# Ghosts are @PREFIX_..., the bot is @PREFIXbot.
{written("prefix", it.prefix or it.network)}
# Where the homeserver reaches the bridge.
{written("listen", it.listen)}
# A file (SQLite), or postgresql://user@host/name.
{written("database", it.database or f"{it.network}.db")}
# By user, server, or "*" for all: block, relay, user or admin.
{written("permissions", it.all_permissions())}
# Encryption between people and the bridge: follow (where the room is encrypted), always (new rooms
# are encrypted, too) or off. The secret seals the keys in the database: without it they are lost.
encryption: follow
store_secret: {token_urlsafe(32)}

as_token: {token_urlsafe(32)}
hs_token: {token_urlsafe(32)}
# Whether what people write on the network from elsewhere comes from their own Matrix accounts.
double_puppets: true
puppets_token: {token_urlsafe(32)}
# For programs that log people in (docs/bridges.md). Whoever has it may do that for everybody here.
provisioning_secret: {token_urlsafe(32)}
"""
