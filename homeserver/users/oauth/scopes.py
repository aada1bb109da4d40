"""What an app asks to be allowed. Spec: Client-Server API, "Scope"; MSC2967 is the older way to
write the same, and apps get back what they wrote.
"""

import re

from attrs import frozen

from homeserver.users.oauth.errors import OAuthError

STABLE, UNSTABLE = "urn:matrix:client:", "urn:matrix:org.matrix.msc2967.client:"
API, DEVICE = "api:*", "device:"
KNOWN_BESIDES = frozenset({"openid", "email"})
"""Apps ask for these out of habit; nothing is granted by them."""

_DEVICE_ID = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/-]{1,255}")


@frozen
class Scope:
    """`text` is what is granted, in the words of the app."""

    device_id: str
    text: str


def read_scope(text: str) -> Scope:
    """Raises OAuthError unless it asks for the whole API, and for exactly one device."""
    granted, device_ids, has_api = [], [], False
    for token in dict.fromkeys(text.split(" ")):
        name = name_of(token)
        if name == API:
            has_api = True
        elif name.startswith(DEVICE):
            device_ids.append(name.removeprefix(DEVICE))
        elif token in KNOWN_BESIDES or not token:
            continue
        else:
            raise invalid_scope("There is a scope that this server does not know.")
        granted.append(token)
    if not has_api:
        raise invalid_scope("The scope urn:matrix:client:api:* is missing.")
    if len(set(device_ids)) != 1:
        raise invalid_scope("There must be exactly one urn:matrix:client:device:<device_id>.")
    if not _DEVICE_ID.fullmatch(device_ids[0]):
        raise invalid_scope("The device id has 1 to 255 letters, digits, and the signs - . _ ~")
    return Scope(device_ids[0], " ".join(granted))


def name_of(token: str) -> str:
    """Without what tells that it is of Matrix."""
    for prefix in (STABLE, UNSTABLE):
        if token.startswith(prefix):
            return token.removeprefix(prefix)
    return ""


def invalid_scope(message: str) -> OAuthError:
    return OAuthError("invalid_scope", message)
