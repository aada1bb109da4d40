"""Keys that this server used before: a public file beside the signing key."""

import os
from collections.abc import Mapping
from pathlib import Path

from attrs import asdict, frozen

from homeserver.errors import CannotStart
from homeserver.events.signatures import key_id
from homeserver.events.unpadded_base64 import decode_base64, encode_base64
from homeserver.json_values import decode, encode
from homeserver.randomness import Random
from homeserver.signing_key import load_or_make, make


@frozen
class RetiredKey:
    """`key` is public, in base64; `expired_ts` is when it was used last."""

    key: str
    expired_ts: int


class BadRetiredKeys(CannotStart):
    """The file cannot be read; the text names it."""


def place_of(signing_key_path: Path) -> Path:
    return signing_key_path.with_name(signing_key_path.name + ".retired.json")


def load(signing_key_path: Path) -> Mapping[str, RetiredKey]:
    """By key id; empty if there is no file. Raises BadRetiredKeys."""
    path = place_of(signing_key_path)
    if not path.exists():
        return {}
    try:
        entries = decode(path.read_bytes())
        return {id: _retired_key(entry) for id, entry in entries.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadRetiredKeys(f"{path} does not hold retired keys: {error!r}") from None


def rotate(signing_key_path: Path, random: Random, now_ms: int) -> str:
    """Retire the signing key and make another, used from the next start; the new key's id.

    The old key is noted before it goes, so whatever interrupts this loses nothing.
    """
    current = load_or_make(signing_key_path, random)
    public = encode_base64(current.verify_key.encode())
    retired = {**load(signing_key_path), key_id(current): RetiredKey(public, now_ms)}
    _write(place_of(signing_key_path), encode({id: asdict(key) for id, key in retired.items()}))
    fresh = signing_key_path.with_name(signing_key_path.name + ".new")
    fresh.unlink(missing_ok=True)
    make(fresh, random)
    os.replace(fresh, signing_key_path)
    return key_id(load_or_make(signing_key_path, random))


def _retired_key(entry: Mapping[str, object]) -> RetiredKey:
    key, expired_ts = entry["key"], entry["expired_ts"]
    if not isinstance(key, str) or len(decode_base64(key)) != 32:
        raise ValueError("a key must be 32 bytes in base64")
    if type(expired_ts) is not int or expired_ts < 0:
        raise ValueError("expired_ts must be a time in milliseconds")
    return RetiredKey(key, expired_ts)


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + ".new")
    partial.write_bytes(data)
    os.replace(partial, path)
