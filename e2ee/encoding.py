"""Unpadded Base64, canonical JSON and fields, read with suspicion."""

import base64
import binascii
from typing import Any, TypeVar

import orjson

from e2ee.errors import BadBase64, BadField, BadJson, TooLarge

JsonObject = dict[str, Any]
T = TypeVar("T")

MAX_CIPHERTEXT = 512 * 1024
"""Letters; events have at most 64 KiB, and to-device messages little more."""


def encode_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii").rstrip("=")


def decode_base64(text: str) -> bytes:
    """Also takes padded text, which some clients write."""
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadBase64("This is not Base64.") from error


def encode_urlsafe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def canonical(value: Any) -> bytes:
    """Appendices, "Canonical JSON"."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (TypeError, RecursionError) as error:
        raise BadJson("This cannot be written as JSON.") from error


def decode_object(data: bytes | str) -> JsonObject:
    try:
        value = orjson.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadJson("This is not JSON.") from error
    if not isinstance(value, dict):
        raise BadJson("This is not a JSON object.")
    return value


def field(source: JsonObject, name: str, kind: type[T]) -> T:
    value = source.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BadField(f"'{name}' is missing or not {kind.__name__}.")
    return value


def optional(source: Any, name: str, kind: type[T], default: T) -> T:
    """What is of another type counts as absent, and so does everything in what is no object."""
    value = source.get(name) if isinstance(source, dict) else None
    return value if isinstance(value, kind) else default


def ciphertext(source: JsonObject, name: str) -> str:
    """A text of bounded length."""
    text = field(source, name, str)
    if len(text) > MAX_CIPHERTEXT:
        raise TooLarge(f"'{name}' has {len(text)} letters.")
    return text
