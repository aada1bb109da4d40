"""Content hashes, reference hashes and event ids. Spec: Server-Server API, "Signing Events"."""

from hashlib import sha256

from homeserver.events.canonical import canonical_json, historic_canonical_json
from homeserver.events.redaction import redact
from homeserver.events.room_versions import EventIdFormat, RoomVersion
from homeserver.events.unpadded_base64 import (
    decode_base64,
    encode_base64,
    encode_urlsafe_base64,
)
from homeserver.json_values import JsonObject, JsonValue

_NOT_HASHED = frozenset(("unsigned", "signatures", "hashes"))


def content_hash(pdu: JsonObject, version: RoomVersion) -> str:
    """What belongs at `hashes.sha256`: it covers what a redaction would take away."""
    return encode_base64(_content_digest(pdu, version))


def has_content_hash(pdu: JsonObject, version: RoomVersion) -> bool:
    """Whether the event is whole; if it is not, only its redacted form may be used."""
    hashes = pdu.get("hashes")
    claimed = hashes.get("sha256") if isinstance(hashes, dict) else None
    if not isinstance(claimed, str):
        return False
    try:
        return decode_base64(claimed) == _content_digest(pdu, version)
    except ValueError:
        return False


def reference_hash(pdu: JsonObject, version: RoomVersion) -> bytes:
    return sha256(signable(pdu, version)).digest()


def event_id_of(pdu: JsonObject, version: RoomVersion) -> str:
    if version.chosen_event_ids:
        event_id: str = pdu["event_id"]
        return event_id
    return event_id_from_hash(reference_hash(pdu, version), version)


def event_id_from_hash(digest: bytes, version: RoomVersion) -> str:
    """Spec: "Event IDs" of room versions 3 and 4."""
    standard = version.event_id_format is EventIdFormat.HASH
    return "$" + (encode_base64(digest) if standard else encode_urlsafe_base64(digest))


def hashable(pdu: JsonObject, version: RoomVersion) -> bytes:
    """The bytes that the content hash covers."""
    kept = {key: value for key, value in pdu.items() if key not in _NOT_HASHED}
    return encode_canonical(kept, version)


def signable(pdu: JsonObject, version: RoomVersion) -> bytes:
    """The bytes that servers sign, and that the reference hash covers: the redacted event."""
    redacted = redact(pdu, version)
    redacted.pop("signatures", None)
    return encode_canonical(redacted, version)


def encode_canonical(value: JsonValue, version: RoomVersion) -> bytes:
    if version.strict_canonical_json:
        return canonical_json(value)
    return historic_canonical_json(value)


def _content_digest(pdu: JsonObject, version: RoomVersion) -> bytes:
    return sha256(hashable(pdu, version)).digest()
