"""Settings of signing in through others: OpenID Connect providers and an LDAP directory."""

from pathlib import Path

import attrs
from attrs import frozen

from homeserver.config.fields import required, secret, section, setting
from homeserver.config.forms import BaseUrl, Duration


@frozen(kw_only=True)
class OpenIdProvider:
    """A provider of OpenID Connect. It sends people back to `/_isthmus/account/sso/callback/ID`."""

    id: str = attrs.field(
        metadata=required("What it is called in addresses and in the database: never change it.")
    )
    name: str = attrs.field(metadata=required("What people read on the button."))
    issuer: BaseUrl = attrs.field(metadata=required("Its issuer; its metadata are found there."))
    client_id: str = attrs.field(metadata=required("What it calls this server."))
    client_secret: str | None = secret("The secret that goes with it, if it gave one.")
    icon: str | None = setting(
        None, "A picture for apps, as an mxc:// address.", example="mxc://example.org/abc"
    )
    brand: str | None = setting(None, "A word by which apps know its picture.", example="github")
    scopes: tuple[str, ...] = setting(("openid", "profile", "email"), "What it is asked for.")
    username_claim: str = setting(
        "preferred_username", "The claim that new accounts are called by, unless somebody wishes."
    )
    name_claim: str = setting("name", "The claim with the display name of new accounts.")
    email_claim: str = setting(
        "email", "The claim with an address; it counts where `email_verified` is true."
    )
    makes_accounts: bool = setting(
        True, "Whether who comes from there and has no account here may make one."
    )
    ends_sessions: bool = setting(
        False,
        "Whether a session that ends there ends here too, with the devices that were signed in "
        "from it (OpenID Connect Back-Channel Logout). The provider is told the address "
        "`/_isthmus/account/sso/logout/ID`.",
    )
    trusts_second_factor: bool = setting(
        False,
        "Whether accounts with two steps are opened by this provider alone: for providers that "
        "ask for a second factor themselves.",
    )


@frozen(kw_only=True)
class Ldap:
    """A directory whose people sign in with the passwords that it knows. Without `uri`, none."""

    uri: str | None = setting(None, "Where it is.", example="ldaps://ldap.example.org")
    start_tls: bool = setting(True, "Whether TLS is begun on ldap:// connections.")
    custom_ca_path: Path | None = setting(
        None, "The authority of its certificate, as a PEM file.", example="authority.pem"
    )
    bind_dn: str | None = setting(
        None,
        "As whom this server looks people up. Without it, as nobody.",
        example="cn=isthmus,dc=example,dc=org",
    )
    bind_password: str | None = secret("The password that goes with `bind_dn`.")
    base: str = setting("", "Where people are found.", example="ou=people,dc=example,dc=org")
    filter: str = setting("(objectClass=*)", "Who of those may come in.")
    username_attribute: str = setting("uid", "What people type to sign in.")
    name_attribute: str = setting("cn", "Their display names.")
    email_attribute: str = setting("mail", "Their addresses of e-mail.")
    makes_accounts: bool = setting(True, "Whether people get accounts when they first sign in.")
    timeout: Duration = setting(5_000, "How long the directory may take to answer.")


@frozen(kw_only=True)
class SingleSignOn:
    """Signing in through others. It takes `public_baseurl` and `oauth.enabled`, for the pages."""

    openid: tuple[OpenIdProvider, ...] = setting(
        (),
        "Providers of OpenID Connect.",
        example=[
            {
                "id": "example",
                "name": "Example",
                "issuer": "https://login.example.org",
                "client_id": "isthmus",
                "client_secret": "what the provider gave out",
            }
        ],
    )
    ldap: Ldap = section(Ldap)
    old_apps: bool = setting(
        True,
        "Whether apps that know no OAuth 2.0 may lead to the pages as well (`m.login.sso`), which "
        "accounts with two steps or from a provider need.",
    )
    trusted_apps: tuple[str, ...] = setting(
        (),
        "Beginnings of addresses to which such apps are answered without asking the user.",
        example=["https://app.example.org/"],
    )
