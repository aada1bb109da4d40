"""What a server says of its keys, checked. Spec: "Retrieving server keys"."""

import re
from collections.abc import Iterator, Mapping

from attrs import frozen
from nacl.signing import VerifyKey

from homeserver.events.canonical import MAX_INTEGER, check_canonical
from homeserver.events.problems import BadSignature, InvalidEvent
from homeserver.events.signatures import SEVEN_DAYS_MS, verify_json
from homeserver.events.unpadded_base64 import decode_base64
from homeserver.json_values import JsonObject, JsonValue

MAX_KEYS = 100
"""Of one document, the old ones counted."""

_KEY_ID = re.compile(r"ed25519:[A-Za-z0-9_]{1,100}")


class BadDocument(Exception):
    """Not a key document of the server, or not signed with a key that it lists."""


@frozen
class HeldKey:
    """A public key, and the time up to which what it signed is believed."""

    key: bytes
    valid_until_ts: int

    def verify_key(self) -> VerifyKey:
        return VerifyKey(self.key)


@frozen
class KeyDocument:
    """`json` carries only the server's own signatures; `valid_until_ts` is a week ahead at most."""

    server_name: str
    keys: Mapping[str, HeldKey]
    valid_until_ts: int
    json: JsonObject


def read(value: JsonValue, server_name: str, now_ms: int) -> KeyDocument:
    """Raises BadDocument."""
    if not isinstance(value, dict) or value.get("server_name") != server_name:
        raise BadDocument(f"This is no key document of {server_name}.")
    try:
        check_canonical(value)
        current = dict(_keys(value.get("verify_keys"), _time(value.get("valid_until_ts"))))
        old = dict(_keys(value.get("old_verify_keys", {}), None))
        if len(current) + len(old) > MAX_KEYS:
            raise BadDocument(f"{server_name} lists more than {MAX_KEYS} keys.")
        verify_json(value, server_name, {id: held.verify_key() for id, held in current.items()})
    except (InvalidEvent, BadSignature, ValueError) as error:
        raise BadDocument(f"The keys of {server_name} cannot be used: {error}") from None
    # Nobody may be unable to revoke a key for longer than a week.
    latest = min(value["valid_until_ts"], now_ms + SEVEN_DAYS_MS)
    keys = {
        **{id: HeldKey(held.key, min(held.valid_until_ts, now_ms)) for id, held in old.items()},
        **{id: HeldKey(held.key, latest) for id, held in current.items()},
    }
    signatures = {server_name: value["signatures"][server_name]}
    return KeyDocument(server_name, keys, latest, {**value, "signatures": signatures})


def _keys(listed: JsonValue, valid_until_ts: int | None) -> Iterator[tuple[str, HeldKey]]:
    """Keys of kinds that we do not know are passed over."""
    if not isinstance(listed, dict):
        raise ValueError("keys must be listed in an object")
    for id, entry in listed.items():
        if not _KEY_ID.fullmatch(id):
            continue
        text = entry.get("key") if isinstance(entry, dict) else None
        key = decode_base64(text) if isinstance(text, str) else b""
        if len(key) != 32:
            raise ValueError(f"the key {id} is none")
        yield (
            id,
            HeldKey(
                key, _time(entry.get("expired_ts")) if valid_until_ts is None else valid_until_ts
            ),
        )


def _time(value: JsonValue) -> int:
    if type(value) is not int or not 0 <= value <= MAX_INTEGER:
        raise ValueError("a time must be in milliseconds")
    return value
