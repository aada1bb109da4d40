"""Settings of how often things may be done."""

from attrs import frozen

from homeserver.config.fields import section, setting
from homeserver.config.forms import Count, Rate


@frozen
class Limit:
    """So many at once, and so many a second after that."""

    per_second: Rate = setting(1.0, "How many a second, in the long run.")
    burst: Count = setting(10, "How many at once.")


@frozen(kw_only=True)
class LoginLimits:
    """Logins."""

    ip: Limit = setting(Limit(0.1, 10), "From one address.")
    account: Limit = setting(Limit(0.1, 10), "To one account, from one address or browser.")
    failed: Limit = setting(
        Limit(0.1, 5), "With a wrong password or code, to one account, from one address or browser."
    )
    failed_by_strangers: Limit = setting(
        Limit(0.02, 50),
        "With a wrong password, to one account, from all addresses and browsers together where its "
        "owner has not been. Known ones go on.",
    )
    failed_codes_by_strangers: Limit = setting(
        Limit(0.002, 20), "With the password and a wrong code, likewise."
    )
    failed_in_network: Limit = setting(
        Limit(0.1, 50), "To all accounts, from one network (/24, or /48 of IPv6), likewise."
    )


@frozen(kw_only=True)
class MailLimits:
    """Letters about accounts: to prove an address, or for a new password."""

    ip: Limit = setting(Limit(0.01, 10), "Asked for from one address of the network.")
    address: Limit = setting(Limit(0.001, 4), "To one mailbox.")


@frozen(kw_only=True)
class RateLimits:
    """How often things may be done. Who does more is asked to wait."""

    enabled: bool = setting(True, "Whether there are limits at all.")
    message: Limit = setting(Limit(5.0, 50), "Sending events, for one person.")
    registration: Limit = setting(Limit(0.2, 5), "Making accounts, from one address.")
    login: LoginLimits = section(LoginLimits)
    oauth: Limit = setting(
        Limit(1.0, 60), "What apps ask of OAuth 2.0, tokens for instance, from one address."
    )
    rendezvous: Limit = setting(
        Limit(4.0, 100), "What devices that meet for signing in by a QR code ask, from one address."
    )
    join: Limit = setting(Limit(0.5, 20), "Joining rooms, for one person.")
    invite: Limit = setting(Limit(0.5, 20), "Inviting people, for one person.")
    identity_server: Limit = setting(
        Limit(0.5, 10), "What identity servers tell of invites by e-mail, from one address."
    )
    upload: Limit = setting(Limit(2.0, 50), "Uploading files, for one person.")
    url_preview: Limit = setting(Limit(1.0, 30), "Previews of links, for one person.")
    search: Limit = setting(
        Limit(2.0, 30), "Searching messages, rooms and bridged networks, for one person."
    )
    call: Limit = setting(Limit(1.0, 30), "Tokens for calls, from one address.")
    report: Limit = setting(Limit(0.1, 10), "Reporting rooms, events and users, for one person.")
    mail_question: Limit = setting(
        Limit(0.0002, 5),
        "Asking addresses whether they want letters about missed messages, for one person.",
    )
    mail: MailLimits = section(MailLimits)
    delayed_event: Limit = setting(
        Limit(20.0, 200), "Putting off, sending and cancelling delayed events, from one address."
    )
    admin_redaction: Limit = setting(
        Limit(20.0, 200), "Redacting other people's events in a row, for one moderator."
    )
