"""Settings of notifications: push gateways, browsers, e-mail."""

from pathlib import Path
from typing import Literal

from attrs import frozen

from homeserver.config.fields import secret, setting
from homeserver.config.forms import Duration, IpRange, Port
from homeserver.config.network import PRIVATE_RANGES


@frozen(kw_only=True)
class Push:
    """Notifications to telephones, browsers and mailboxes."""

    enabled: bool = setting(True, "Whether anybody is notified at all.")
    include_content: bool = setting(
        True,
        "Whether push gateways are told who said what, if an app asks for it. "
        "Without this they get only the ids of room and event.",
    )
    ip_range_denylist: tuple[IpRange, ...] = setting(
        PRIVATE_RANGES, "Address ranges where no push gateway may be."
    )
    ip_range_allowlist: tuple[IpRange, ...] = setting(
        (),
        "Address ranges where push gateways may be although `ip_range_denylist` holds them: "
        "for a gateway of your own.",
        example=["192.168.1.7/32"],
    )
    custom_ca_paths: tuple[Path, ...] = setting(
        (),
        "Further authorities whose certificates are good, as PEM files.",
        example=["authority.pem"],
    )
    give_up_after: Duration = setting(
        86_400_000, "How old a notification may become that a gateway does not take."
    )
    web_push: bool = setting(True, "Whether browsers are told without a gateway (Web Push).")
    web_push_contact: str | None = setting(
        None,
        "Whom the operators of browsers' push services may ask. Without this, the public address.",
        example="mailto:admin@example.org",
    )
    mail_delay: Duration = setting(
        600_000, "How long something must be unread before it is told by e-mail."
    )
    longest_mail_delay: Duration = setting(
        86_400_000,
        "The longest rest between two letters to somebody who does not read: "
        "each rest is three times the one before.",
    )


@frozen(kw_only=True)
class Mail:
    """Sending e-mail, through a mail server. Without `host` none is sent."""

    host: str | None = setting(
        None, "The name of the mail server (SMTP).", example="mail.example.org"
    )
    port: Port = setting(587, "Its port.")
    tls: Literal["starttls", "tls", "none"] = setting(
        "starttls",
        "`starttls` asks for TLS once connected, `tls` begins with it (port 465), `none` does "
        "without: only for a mail server on this machine.",
    )
    custom_ca_paths: tuple[Path, ...] = setting(
        (),
        "Further authorities whose certificates are good, as PEM files.",
        example=["authority.pem"],
    )
    user: str | None = setting(None, "The name to log in with, if the mail server wants one.")
    password: str | None = secret("The password that goes with `user`.")
    sender: str | None = setting(
        None,
        "The address that letters come from. Without this, `noreply@` and the server name.",
        example="Example chat <noreply@example.org>",
    )
