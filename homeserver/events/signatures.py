"""Signatures on events and other JSON. Spec: Appendices, "Signing JSON"; "Signing Events"."""

from collections.abc import Mapping

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from signedjson.types import SigningKey

from homeserver.events.canonical import canonical_json
from homeserver.events.hashes import signable
from homeserver.events.ids import domain_of
from homeserver.events.problems import BadSignature
from homeserver.events.room_versions import RoomVersion
from homeserver.events.unpadded_base64 import decode_base64, encode_base64
from homeserver.json_values import JsonObject

POLICY_KEY_ID = "ed25519:policy_server"
"""Names the key of a room's policy server, which is in the room's state, in signatures."""

SEVEN_DAYS_MS = 7 * 24 * 60 * 60 * 1000


def sign_json(value: JsonObject, server_name: str, key: SigningKey) -> JsonObject:
    """A copy with our signature beside those that are there."""
    return with_signature(value, server_name, key, _signable_json(value))


def verify_json(value: JsonObject, server_name: str, keys: Mapping[str, VerifyKey]) -> None:
    """Raise BadSignature unless `server_name` signed; `keys` by id, such as "ed25519:1"."""
    verify(_signable_json(value), value, server_name, keys)


def sign_event(
    pdu: JsonObject, version: RoomVersion, server_name: str, key: SigningKey
) -> JsonObject:
    """A copy with our signature; its `hashes` must be there already."""
    return with_signature(pdu, server_name, key, signable(pdu, version))


def verify_event_signature(
    pdu: JsonObject, version: RoomVersion, server_name: str, keys: Mapping[str, VerifyKey]
) -> None:
    """Raise BadSignature unless `server_name` signed the event.

    `keys` are those of the server that were valid when the event was made (`is_key_valid`).
    """
    verify(signable(pdu, version), pdu, server_name, keys)


def signing_servers(pdu: JsonObject, version: RoomVersion) -> set[str]:
    """The servers that must have signed. Spec: "Validating hashes and signatures"."""
    servers = set()
    content = pdu["content"]
    is_member = pdu["type"] == "m.room.member"
    invites = is_member and content.get("membership") == "invite"
    if not (invites and "third_party_invite" in content):
        servers.add(domain_of(pdu["sender"]))
    if version.chosen_event_ids:
        servers.add(domain_of(pdu["event_id"]))
    authoriser = content.get("join_authorised_via_users_server")
    if version.restricted and is_member and authoriser is not None:
        # Without a domain there is nobody who could have signed.
        servers.add(domain_of(authoriser) if isinstance(authoriser, str) else "")
    return servers


def is_key_valid(
    valid_until_ts: int, *, origin_server_ts: int, now_ms: int, version: RoomVersion
) -> bool:
    """Spec: room version 5, "Signing key validity period"; before it, keys never end."""
    if not version.enforce_key_validity:
        return True
    return min(valid_until_ts, now_ms + SEVEN_DAYS_MS) >= origin_server_ts


def signature(message: bytes, key: SigningKey) -> str:
    return encode_base64(key.sign(message).signature)


def key_id(key: SigningKey) -> str:
    return f"{key.alg}:{key.version}"


def with_signature(
    value: JsonObject, server_name: str, key: SigningKey, message: bytes
) -> JsonObject:
    """A copy of `value` that carries the signature of `message`, the bytes it stands for."""
    signatures = value.get("signatures", {})
    ours = {**signatures.get(server_name, {}), key_id(key): signature(message, key)}
    return {**value, "signatures": {**signatures, server_name: ours}}


def verify(
    message: bytes, signed: JsonObject, server_name: str, keys: Mapping[str, VerifyKey]
) -> None:
    """At least one known key must have signed, and none of them wrongly."""
    signatures = _signatures_of(signed, server_name)
    known = [id for id in signatures if id in keys]
    if not known:
        raise BadSignature(f"There is no signature of {server_name!r} with a key that is known.")
    for id in known:
        if not is_signature(message, signatures[id], keys[id]):
            raise BadSignature(f"The signature of {server_name!r} with key {id!r} is wrong.")


def is_signature(message: bytes, signature: object, key: VerifyKey) -> bool:
    if not isinstance(signature, str):
        return False
    try:
        key.verify(message, decode_base64(signature))
    except (BadSignatureError, ValueError):
        return False
    return True


def _signatures_of(signed: JsonObject, server_name: str) -> JsonObject:
    signatures = signed.get("signatures")
    ours = signatures.get(server_name) if isinstance(signatures, dict) else None
    return ours if isinstance(ours, dict) else {}


def _signable_json(value: JsonObject) -> bytes:
    kept = {key: part for key, part in value.items() if key not in ("signatures", "unsigned")}
    return canonical_json(kept)
