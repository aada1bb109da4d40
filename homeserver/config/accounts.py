"""Settings of accounts: who may register, passwords, sessions, what others see."""

from pathlib import Path
from typing import Any, Literal

import attrs
from attrs import frozen

from homeserver.config.fields import required, secret, setting
from homeserver.config.forms import BaseUrl, Count, Duration, Size


@frozen(kw_only=True)
class Policy:
    """A document that people agree to when they register."""

    id: str = setting("privacy_policy", "The policy's name, the same in every language.")
    version: str = setting("1.0", "Its version.")
    language: str = setting("en", "The language of this text.")
    name: str = attrs.field(metadata=required("Its title."))
    url: str = attrs.field(metadata=required("Where it can be read."))


@frozen(kw_only=True)
class Registration:
    """Who may make an account."""

    enabled: bool = setting(False, "Whether people can make accounts themselves.")
    needs: Literal["nothing", "token", "invitation", "mail"] = setting(
        "nothing",
        "What they need for it: `nothing`; a registration `token`, which an administrator hands "
        "out; an `invitation`, which is a link with such a token, and can be made by members too; "
        "or an address of e-`mail` that is theirs (this takes `mail.host`).",
    )
    invitations: Count = setting(
        0,
        "How many open invitations each member may have, where `needs` is `invitation`. Each is "
        "good for one account.",
    )
    invitation_lifetime: Duration = setting(604_800_000, "How long members' invitations hold.")
    shared_secret: str | None = secret(
        "Who knows it can make accounts at any time, administrators too: `isthmus register-user` "
        "and every tool that speaks `/_synapse/admin/v1/register`."
    )
    first_admin_token_path: Path | None = setting(
        None,
        "A file with a token that makes the first account an administrator. "
        "It counts while there is no administrator; `isthmus init` writes it.",
    )
    guests_enabled: bool = setting(False, "Whether guests may look around without an account.")
    terms: tuple[Policy, ...] = setting(
        (),
        "Documents that people must agree to.",
        example=[{"name": "Privacy policy", "url": "https://example.org/privacy.html"}],
    )


@frozen(kw_only=True)
class Passwords:
    """Passwords of people's accounts."""

    enabled: bool = setting(True, "Whether people may log in with a password.")
    minimum_length: Count = setting(8, "How many characters a new password needs.")
    require_digit: bool = setting(False, "Whether it needs a digit.")
    require_symbol: bool = setting(False, "Whether it needs a sign that is no letter or digit.")
    require_lowercase: bool = setting(False, "Whether it needs a small letter.")
    require_uppercase: bool = setting(False, "Whether it needs a capital letter.")
    breached_list_path: Path | None = setting(
        None,
        "A file of passwords that thieves have published, which nobody may choose: SHA-1 hashes in "
        "capital letters, one a line, in order; whatever follows a colon is left out.",
        example="/var/lib/isthmus/pwned-passwords.txt",
    )
    breached_range_url: BaseUrl | None = setting(
        None,
        "A service that is asked for such passwords by the first five letters of their hash "
        "(k-anonymity). When it does not answer, any password may be chosen.",
        example="https://api.pwnedpasswords.com/range",
    )
    hash_memory: Size = setting(
        19 * 1024**2, "Memory that checking one password takes (Argon2id); more resists guessing."
    )
    hash_passes: Count = setting(2, "How often Argon2id goes over that memory.")


@frozen(kw_only=True)
class Sessions:
    """How long logins last."""

    access_token_lifetime: Duration | None = setting(
        3_600_000,
        "How long an access token works for clients that can refresh it. "
        "For all others it lasts until they log out.",
    )
    refresh_token_lifetime: Duration | None = setting(
        None, "After how long without a refresh a login ends. Without this, never.", example="90d"
    )
    tell_new_ones: bool = setting(
        True,
        "Whether users are told of each new login to their account: by a message where "
        "`rooms.server_notices` has a `localpart`, and by letters to their addresses.",
    )
    login_token_lifetime: Duration = setting(
        120_000, "How long a token for logging in another device works."
    )


@frozen(kw_only=True)
class OAuth:
    """Signing in with the browser: apps are led to pages of this server (OAuth 2.0)."""

    enabled: bool = setting(
        True,
        "Whether apps can do so. It takes `public_baseurl`, which is where the pages are. "
        "Apps that know it sign in by this alone; all others go on as before.",
    )


@frozen(kw_only=True)
class Profiles:
    """What people say about themselves."""

    change_displayname: bool = setting(True, "Whether people may change their display name.")
    change_avatar: bool = setting(True, "Whether people may change their picture.")
    change_custom_fields: bool = setting(True, "Whether people may set further fields.")
    max_bytes: Size = setting(64 * 1024, "How large a whole profile may become.")


@frozen(kw_only=True)
class UserDirectory:
    """The search for people."""

    enabled: bool = setting(True, "Whether people can search for others.")
    search_all_users: bool = setting(
        False, "Find everybody here, not only those one shares a room or a public room with."
    )


@frozen(kw_only=True)
class Presence:
    """Who is online."""

    enabled: bool = setting(True, "Whether people see one another online, idle or offline.")


@frozen(kw_only=True)
class WellKnown:
    """What `/.well-known/matrix/...` answers, when this server is asked."""

    server: str | None = setting(
        None,
        "Where other servers find this one, if not at its name on port 8448.",
        example="matrix.example.org:443",
    )
    policy_server_key: str | None = setting(
        None,
        "The public Ed25519 key of the policy server that bears this server's name, if there is "
        "one. This server is none itself.",
        example="6yhHGKhCiXTSEN2ksjV7kX/N6rBQZ3Xb+M7LlC6NS+s",
    )
    map_style_url: str | None = setting(
        None,
        "The style of the maps on which clients show places: told under "
        "`org.matrix.msc3488.tile_server`.",
        example="https://maps.example.org/style.json",
    )
    client: dict[str, Any] = setting(
        {},
        "Further keys for clients, beside `m.homeserver`.",
        example={"org.example.key": "value"},
    )
    support: dict[str, Any] = setting(
        {},
        "Whom to ask for help, as the specification writes it.",
        example={"contacts": [{"role": "m.role.admin", "email_address": "admin@example.org"}]},
    )
