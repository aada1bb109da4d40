"""Making events of our own: fill in, hash, sign, name. Spec: "Adding hashes and signatures"."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from attrs import frozen
from signedjson.types import SigningKey

from homeserver.events.canonical import MAX_INTEGER, canonical_json, check_canonical
from homeserver.events.event import Event
from homeserver.events.formats import check_names, check_size
from homeserver.events.hashes import event_id_from_hash, hashable, signable
from homeserver.events.room_versions import EventFormat, RoomVersion
from homeserver.events.signatures import key_id, signature
from homeserver.events.sticky import STICKY
from homeserver.events.unpadded_base64 import encode_base64
from homeserver.json_values import JsonObject, JsonValue


@frozen
class Draft:
    """What a sender decides; the rest of an event follows from the room.

    `sticky_ms` is for how long it is to be sticky (MSC4354), if it is to be.
    """

    type: str
    content: JsonObject
    state_key: str | None = None
    redacts: str | None = None
    sticky_ms: int | None = None


def build_event(
    draft: Draft,
    *,
    version: RoomVersion,
    room_id: str,
    sender: str,
    server_name: str,
    signing_key: SigningKey,
    prev_events: Sequence[str],
    auth_events: Sequence[str],
    depth: int,
    origin_server_ts: int,
    opaque: str = "",
    reference_hashes: Mapping[str, str] | None = None,
) -> Event:
    """Raises InvalidEvent for a draft that cannot be an event (a float, too large, ...).

    Room versions 1 and 2 name events themselves, by `opaque`, and need the base64
    `reference_hashes` of the events they point to. The create event of version 12 has no room
    yet: its `room_id` is ignored.
    """
    pdu = unsigned_pdu(
        draft,
        version=version,
        room_id=room_id,
        sender=sender,
        prev_events=prev_events,
        auth_events=auth_events,
        depth=depth,
        origin_server_ts=origin_server_ts,
        reference_hashes=reference_hashes,
    )
    if version.chosen_event_ids:
        pdu["event_id"] = f"${opaque}:{server_name}"
    return finish_event(pdu, version, server_name, signing_key)


def unsigned_pdu(
    draft: Draft,
    *,
    version: RoomVersion,
    room_id: str,
    sender: str,
    prev_events: Sequence[str],
    auth_events: Sequence[str],
    depth: int,
    origin_server_ts: int,
    reference_hashes: Mapping[str, str] | None = None,
) -> JsonObject:
    """A PDU that lacks its hash and signatures, and in room versions 1 and 2 its id."""
    check_names(draft.type, draft.state_key)
    pdu: JsonObject = {
        "type": draft.type,
        "content": _content(draft, version),
        "sender": sender,
        "origin_server_ts": origin_server_ts,
        "depth": min(depth, MAX_INTEGER),
        "prev_events": _references(prev_events, version, reference_hashes),
        "auth_events": _references(auth_events, version, reference_hashes),
    }
    if not (version.room_id_is_create_hash and draft.type == "m.room.create"):
        pdu["room_id"] = room_id
    if draft.state_key is not None:
        pdu["state_key"] = draft.state_key
    if draft.redacts is not None and not version.redacts_in_content:
        pdu["redacts"] = draft.redacts
    if draft.sticky_ms is not None:
        pdu[STICKY] = {"duration_ms": draft.sticky_ms}
    return pdu


def finish_event(
    pdu: JsonObject, version: RoomVersion, server_name: str, signing_key: SigningKey
) -> Event:
    """Hash and sign a PDU in place that is complete but for this.

    Each form is encoded once: the whole for its hash, the redacted for signature and event id.
    """
    check_canonical(pdu["content"])
    pdu.pop("unsigned", None)
    whole = hashable(pdu, version)
    pdu["hashes"] = {"sha256": encode_base64(sha256(whole).digest())}
    pdu.pop("signatures", None)
    message = signable(pdu, version)
    pdu["signatures"] = {server_name: {key_id(signing_key): signature(message, signing_key)}}
    check_size(len(whole) + _size_of_proofs(pdu))
    if version.chosen_event_ids:
        return Event.from_pdu(pdu, version)
    event_id = event_id_from_hash(sha256(message).digest(), version)
    return Event.from_pdu(pdu, version, event_id)


def _content(draft: Draft, version: RoomVersion) -> JsonObject:
    if draft.redacts is not None and version.redacts_in_content:
        return {**draft.content, "redacts": draft.redacts}
    return draft.content


def _references(
    event_ids: Sequence[str], version: RoomVersion, hashes: Mapping[str, str] | None
) -> list[JsonValue]:
    if version.event_format is EventFormat.IDS:
        return list(event_ids)
    return [[event_id, {"sha256": (hashes or {})[event_id]}] for event_id in event_ids]


def _size_of_proofs(pdu: JsonObject) -> int:
    """How many bytes `hashes` and `signatures` add to the canonical form."""
    proofs = {"hashes": pdu["hashes"], "signatures": pdu["signatures"]}
    # Its two braces fall away, and a comma joins it to the rest.
    return len(canonical_json(proofs)) - 1
