"""The grammars of identifiers. Spec: Appendices, "Identifier Grammar"."""

import re
from functools import lru_cache
from ipaddress import IPv6Address

MAX_ID_BYTES = 255

_SERVER_NAME = re.compile(
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[0-9A-Za-z.-]{1,255}))(?::[0-9]{1,5})?",
    re.ASCII,
)
_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", re.ASCII)
_NEW_USER_LOCALPART = re.compile(r"[a-z0-9._=\-/+]+", re.ASCII)
_COMPLIANT_LOCALPART = re.compile(r"[\x21-\x39\x3b-\x7e]+", re.ASCII)
_HASH = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_STANDARD_HASH = re.compile(r"[A-Za-z0-9+/]{43}", re.ASCII)
_NAMESPACED = re.compile(r"[a-z][a-z0-9\-_.]{0,254}", re.ASCII)


def is_server_name(text: str) -> bool:
    match = _SERVER_NAME.fullmatch(text)
    if match is None:
        return False
    name = match["name"]
    if name is None:
        return _is_ipv6(match["ipv6"])
    return not _IPV4.fullmatch(name) or all(int(part) <= 255 for part in name.split("."))


def is_user_id(text: str) -> bool:
    """Any user id that may occur in an event: "Historical User IDs" count."""
    return len(text) <= MAX_ID_BYTES and _is_user_id(text)


def is_new_user_id(text: str) -> bool:
    """A user id as new users get it."""
    return is_user_id(text) and bool(_NEW_USER_LOCALPART.fullmatch(localpart_of(text)))


def is_compliant_user_id(text: str) -> bool:
    """A user id that may be shown outside the context of an event."""
    return is_user_id(text) and bool(_COMPLIANT_LOCALPART.fullmatch(localpart_of(text)))


def is_room_alias(text: str) -> bool:
    return _is_id_with_domain("#", text)


def is_room_id_with_domain(text: str) -> bool:
    """As in room versions 1 to 11."""
    return _is_id_with_domain("!", text)


def is_room_id_of_hash(text: str) -> bool:
    """As since room version 12."""
    return text.startswith("!") and bool(_HASH.fullmatch(text, 1))


def is_room_id(text: str) -> bool:
    """Of any room version."""
    return is_room_id_of_hash(text) or is_room_id_with_domain(text)


def is_event_id_with_domain(text: str) -> bool:
    """As in room versions 1 and 2."""
    return _is_id_with_domain("$", text)


def is_event_id(text: str) -> bool:
    """Of any room version."""
    if not text.startswith("$"):
        return False
    hashed = _HASH.fullmatch(text, 1) or _STANDARD_HASH.fullmatch(text, 1)
    return bool(hashed) or is_event_id_with_domain(text)


def is_namespaced_identifier(text: str) -> bool:
    """Spec: "Common Namespaced Identifier Grammar"."""
    return bool(_NAMESPACED.fullmatch(text))


def domain_of(id: str) -> str:
    """The server name in an id; empty where there is none."""
    return id.partition(":")[2]


def localpart_of(id: str) -> str:
    return id[1:].partition(":")[0]


def fits(text: str) -> bool:
    """Whether a text keeps to the 255 bytes of ids, event types and state keys."""
    return len(text) * 4 <= MAX_ID_BYTES or len(text.encode()) <= MAX_ID_BYTES


@lru_cache(maxsize=4096)
def _is_user_id(text: str) -> bool:
    """The same users are named again and again."""
    return _is_id_with_domain("@", text)


def _is_id_with_domain(sigil: str, text: str) -> bool:
    localpart, colon, domain = text.partition(":")
    return (
        bool(colon)
        and localpart.startswith(sigil)
        and "\0" not in localpart
        and is_server_name(domain)
        and fits(text)
    )


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
