"""Who somebody is elsewhere, as a provider or a directory tells it."""

from attrs import frozen

from homeserver.config.single_sign_on import OpenIdProvider
from homeserver.json_values import JsonObject
from homeserver.users.mail_addresses import is_address

MAX_TEXT = 255
ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._=/+-")
LDAP = "ldap"


@frozen(kw_only=True)
class Identity:
    """`username` is what a new account may be called; `email` is proved, or empty."""

    provider: str
    subject: str
    username: str = ""
    name: str = ""
    email: str = ""


def identity_of(claims: JsonObject, settings: OpenIdProvider) -> Identity:
    email = text_of(claims, settings.email_claim)
    is_proved = claims.get("email_verified") is True and is_address(email)
    return Identity(
        provider=settings.id,
        subject=text_of(claims, "sub"),
        username=as_localpart(text_of(claims, settings.username_claim)),
        name=text_of(claims, settings.name_claim),
        email=email.lower() if is_proved else "",
    )


def text_of(claims: JsonObject, name: str) -> str:
    value = claims.get(name)
    return value[:MAX_TEXT] if isinstance(value, str) and value.isprintable() else ""


def as_localpart(text: str) -> str:
    """What of a name can stand in a user id. An address is called by its first part."""
    wanted = text.strip().partition("@")[0].lower().replace(" ", ".")
    return "".join(letter for letter in wanted if letter in ALLOWED)[:64].lstrip("_")
