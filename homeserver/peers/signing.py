"""Signed requests between servers. Spec: Server-Server API, "Request Authentication"."""

import re

from attrs import frozen
from orjson import Fragment

from homeserver.events.canonical import canonical_json, historic_canonical_json
from homeserver.events.ids import is_server_name
from homeserver.json_values import JsonValue, decode, encode

SCHEME = "x-matrix"
MAX_HEADER = 4096

# RFC 9110, sections 5.6.2 and 11.4. Older servers leave quotes away where they would be needed.
_PARAMETER = re.compile(
    r"""[ \t,]*(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*"""
    r"""(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s",\\]+))[ \t]*(?=,|\Z)""",
    re.DOTALL,
)
_EXPONENT = re.compile(rb"[:,\[]-?[0-9.]+e")


@frozen
class Credentials:
    """What a header says of a request; nothing of it is checked yet."""

    origin: str
    destination: str | None
    key_id: str
    signature: str

    def header(self) -> str:
        """The value of `Authorization`, in the spelling that servers of any age read."""
        return (
            f'X-Matrix origin="{self.origin}",destination="{self.destination}",'
            f'key="{self.key_id}",sig="{self.signature}"'
        )


def read_header(value: str) -> Credentials:
    """Raises ValueError, with the reason, for what is no X-Matrix header."""
    scheme, _, rest = value.partition(" ")
    if scheme.lower() != SCHEME or len(value) > MAX_HEADER:
        raise ValueError("it must begin with X-Matrix")
    parameters = _parameters(rest.strip())
    missing = {"origin", "key", "sig"} - parameters.keys()
    if missing:
        raise ValueError(f"there is no {min(missing)}")
    if not is_server_name(parameters["origin"]):
        raise ValueError("the origin is no server name")
    return Credentials(
        parameters["origin"], parameters.get("destination"), parameters["key"], parameters["sig"]
    )


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        match = _PARAMETER.match(text, place)
        if match is None:
            if text[place:].strip(" \t,"):
                raise ValueError(
                    "its parameters must be written as name=value, with commas between"
                )
            break
        name, quoted = match["name"].lower(), match["quoted"]
        if name in found:
            raise ValueError(f"{name[:50]} stands there twice")
        found[name] = match["plain"] if quoted is None else _unescaped(quoted)
        place = match.end()
    return found


def _unescaped(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted) if "\\" in quoted else quoted


def signed_bytes(
    method: str, uri: str, origin: str, destination: str | None, content: bytes | None
) -> bytes:
    """What the signature of a request stands for; `content` is canonical JSON."""
    request: dict[str, object] = {} if content is None else {"content": Fragment(content)}
    if destination is not None:
        request["destination"] = destination
    return encode({**request, "method": method, "origin": origin, "uri": uri})


def canonical_content(value: JsonValue) -> bytes:
    """Canonical JSON, also of the odd numbers that old rooms hold."""
    content = canonical_json(value)
    # The two spellings differ only in very large and very small floats.
    return historic_canonical_json(decode(content)) if _EXPONENT.search(content) else content
