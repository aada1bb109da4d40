"""Content hashes, reference hashes and event ids. Spec: Server-Server API, "Signing Events"."""

from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256

from homeserver.events.canonical import canonical_json, historic_canonical_json
from homeserver.events.redaction import redact
from homeserver.events.room_versions import EventIdFormat, RoomVersion
from homeserver.json_values import JsonObject, JsonValue


def content_hash(pdu: JsonObject, version: RoomVersion) -> str:
    """What belongs at `hashes.sha256`: it covers what a redaction would take away."""
    return unpadded_base64(sha256(encode_canonical(_hashed_part(pdu), version)).digest())


def has_content_hash(pdu: JsonObject, version: RoomVersion) -> bool:
    """Whether the event is whole; if not, only its redacted form may be used."""
    hashes = pdu.get("hashes")
    return isinstance(hashes, dict) and hashes.get("sha256") == content_hash(pdu, version)


def reference_hash(pdu: JsonObject, version: RoomVersion) -> bytes:
    return sha256(signable(pdu, version)).digest()


def signable(pdu: JsonObject, version: RoomVersion) -> bytes:
    """The redacted event without its signatures: what is signed, and what the reference hash covers."""
    redacted = redact(pdu, version)
    redacted.pop("signatures", None)
    return encode_canonical(redacted, version)


def event_id_of(pdu: JsonObject, version: RoomVersion) -> str:
    if version.chosen_event_ids:
        event_id: str = pdu["event_id"]
        return event_id
    return event_id_from_hash(reference_hash(pdu, version), version)


def event_id_from_hash(digest: bytes, version: RoomVersion) -> str:
    if version.event_id_format is EventIdFormat.HASH:
        return "$" + unpadded_base64(digest)
    return "$" + urlsafe_b64encode(digest).rstrip(b"=").decode()


def unpadded_base64(data: bytes) -> str:
    """Spec: Appendices, "Unpadded Base64"."""
    return b64encode(data).rstrip(b"=").decode()


def encode_canonical(value: JsonValue, version: RoomVersion) -> bytes:
    encode = canonical_json if version.strict_canonical_json else historic_canonical_json
    return encode(value)


def _hashed_part(pdu: JsonObject) -> JsonObject:
    return {
        key: value for key, value in pdu.items() if key not in ("unsigned", "signatures", "hashes")
    }
