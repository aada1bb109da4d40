"""All settings of a homeserver."""

from pathlib import Path
from typing import Literal

import attrs
from attrs import frozen

from homeserver.config.accounts import (
    OAuth,
    Passwords,
    Presence,
    Profiles,
    Registration,
    Sessions,
    UserDirectory,
    WellKnown,
)
from homeserver.config.bridges import Bridges
from homeserver.config.calls import Calls
from homeserver.config.fields import required, section, setting
from homeserver.config.forms import BaseUrl, ServerName
from homeserver.config.limits import RateLimits
from homeserver.config.listeners import Listener
from homeserver.config.media import Media
from homeserver.config.network import Federation, TrustedKeyServer
from homeserver.config.push import Mail, Push
from homeserver.config.rooms import Rooms
from homeserver.config.single_sign_on import SingleSignOn
from homeserver.config.storage import Caches, Database, Retention, SqliteDatabase

LogLevel = Literal["debug", "info", "warning", "error"]


@frozen(kw_only=True)
class Metrics:
    """Numbers for Prometheus, at `/_isthmus/metrics` of listeners with the resource `metrics`."""

    enabled: bool = setting(False, "Whether they are served.")


@frozen(kw_only=True)
class Settings:
    """Everything that can be set. Only `server_name` has no default."""

    server_name: ServerName = attrs.field(
        metadata=required(
            "The name of this homeserver, which stands behind the colon of every user's id: "
            "`@alice:example.org`. It can never change."
        )
    )
    public_baseurl: BaseUrl | None = setting(
        None,
        "Where clients reach this server. Without this, `https://` and the server name.",
        example="https://matrix.example.org",
    )
    listeners: tuple[Listener, ...] = setting((Listener(),), "The ports, and what each one serves.")
    database: Database = setting(SqliteDatabase(), "Where everything but files is kept.")
    signing_key_path: Path = setting(
        Path("signing.key"), "The key that proves who this server is. It is made when absent."
    )
    media: Media = section(Media)
    registration: Registration = section(Registration)
    passwords: Passwords = section(Passwords)
    sessions: Sessions = section(Sessions)
    oauth: OAuth = section(OAuth)
    single_sign_on: SingleSignOn = section(SingleSignOn)
    profiles: Profiles = section(Profiles)
    user_directory: UserDirectory = section(UserDirectory)
    presence: Presence = section(Presence)
    rooms: Rooms = section(Rooms)
    retention: Retention = section(Retention)
    federation: Federation = section(Federation)
    trusted_key_servers: tuple[TrustedKeyServer, ...] = setting(
        (TrustedKeyServer(server_name="matrix.org"),),
        "Servers that are asked for the keys of others that do not answer.",
    )
    push: Push = section(Push)
    calls: Calls = section(Calls)
    mail: Mail = section(Mail)
    appservice_config_files: tuple[Path, ...] = setting(
        (), "Registration files of bridges and bots.", example=["bridge-registration.yaml"]
    )
    bridges: Bridges = section(Bridges)
    rate_limits: RateLimits = section(RateLimits)
    well_known: WellKnown = section(WellKnown)
    caches: Caches = section(Caches)
    metrics: Metrics = section(Metrics)
    log_level: LogLevel = setting("info", "What is logged: `debug`, `info`, `warning` or `error`.")
    log_format: Literal["text", "json"] = setting(
        "text", "How a line of the log is written: `text` for people, `json` for programs."
    )

    @property
    def baseurl(self) -> str:
        """Where clients reach this server, without a slash at its end."""
        return self.public_baseurl or f"https://{self.server_name}"

    @property
    def has_oauth(self) -> bool:
        return self.oauth.enabled and self.public_baseurl is not None
