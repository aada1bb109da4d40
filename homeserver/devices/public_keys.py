"""Public keys that clients upload, and the signatures on them.

Spec: Client-Server API, "Key algorithms"; Appendices, "Signing JSON".
"""

import re
from collections.abc import Mapping
from typing import Any

from nacl.signing import VerifyKey

from homeserver.errors import BadJson, MatrixError, TooLarge
from homeserver.events.canonical import check_canonical
from homeserver.events.problems import BadSignature, InvalidEvent
from homeserver.events.signatures import verify_json
from homeserver.events.unpadded_base64 import decode_base64
from homeserver.json_values import JsonObject, JsonValue, encode

ED25519 = "ed25519"
PUBLIC_KEY = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]")
"""32 bytes; the last letter stands for four bits, the others for six."""
MAX_BYTES = 16 * 1024
"""Of one key object."""


class InvalidSignature(MatrixError):
    errcode = "M_INVALID_SIGNATURE"


def ed25519_id(name: str) -> str:
    """The id of a signing key, by its device or its public key."""
    return f"{ED25519}:{name}"


def is_public_key(value: Any) -> bool:
    """Whether these are the 32 bytes of an Ed25519 or Curve25519 key, in unpadded Base64."""
    return isinstance(value, str) and PUBLIC_KEY.fullmatch(value) is not None


def check_key_object(value: JsonValue) -> None:
    """What other servers would have to sign or refuse does not get in."""
    check_canonical_keys(value)
    encoded_key(value)


def check_canonical_keys(value: JsonValue) -> None:
    """A key, or an object of keys."""
    try:
        check_canonical(value)
    except InvalidEvent as error:
        raise BadJson(f"A key cannot be written as canonical JSON: {error}") from None


def encoded_key(value: JsonValue) -> bytes:
    """As JSON; raises TooLarge."""
    text = encode(value)
    if len(text) > MAX_BYTES:
        raise TooLarge(f"A key may take {MAX_BYTES} bytes.")
    return text


def content_of(key: JsonObject) -> JsonObject:
    """What signatures are made of."""
    return {name: value for name, value in key.items() if name not in ("signatures", "unsigned")}


def signatures_of(key: JsonObject, user_id: str) -> Mapping[str, str]:
    """By the id of the signing key; only what has the form of a signature."""
    signatures = key.get("signatures")
    found = signatures.get(user_id) if isinstance(signatures, dict) else None
    if not isinstance(found, dict):
        return {}
    return {id: text for id, text in found.items() if isinstance(text, str)}


def with_signatures(key: JsonObject, user_id: str, signatures: Mapping[str, str]) -> JsonObject:
    """The key with these signatures of one user, and no others."""
    return {**content_of(key), "signatures": {user_id: dict(signatures)} if signatures else {}}


def is_signed(value: JsonObject, user_id: str, name: str, public_key: str) -> bool:
    """`name` is the signing key's, without its algorithm."""
    try:
        keys = {ed25519_id(name): VerifyKey(decode_base64(public_key))}
        verify_json(value, user_id, keys)
    except (BadSignature, ValueError, TypeError):
        return False
    return True


def check_signed(value: JsonObject, user_id: str, name: str, public_key: str) -> None:
    if not is_signed(value, user_id, name, public_key):
        raise InvalidSignature(f"A key is not signed by {ed25519_id(name)}, or not rightly.")


def without_names(text_by_id: Mapping[str, str], names: set[str]) -> dict[str, str]:
    """Signatures but for those of the signing keys of these names."""
    return {id: text for id, text in text_by_id.items() if id.partition(":")[2] not in names}
