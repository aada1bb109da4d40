"""Whether a PDU has the format of its room version. Spec: "Event format" of each, "Size limits"."""

from typing import Any

from homeserver.events.canonical import MAX_INTEGER, check_canonical
from homeserver.events.event import Event
from homeserver.events.hashes import encode_canonical
from homeserver.events.ids import (
    fits,
    is_event_id_with_domain,
    is_room_id_of_hash,
    is_room_id_with_domain,
    is_user_id,
)
from homeserver.events.problems import EventTooLarge, InvalidEvent
from homeserver.events.room_versions import EventFormat, RoomVersion
from homeserver.json_values import JsonObject, JsonValue

MAX_EVENT_BYTES = 65_536
MAX_PREV_EVENTS = 20
MAX_AUTH_EVENTS = 10
MAX_PAST = 1_000
_HISTORIC_MAX_DEPTH = 2**63 - 1


def parse_pdu(value: JsonValue, version: RoomVersion) -> Event:
    """Take a PDU from another server, without its `unsigned`: that is the other server's view."""
    if not isinstance(value, dict):
        raise InvalidEvent("An event must be a JSON object.")
    pdu = {key: part for key, part in value.items() if key != "unsigned"}
    check_pdu(pdu, version)
    return Event.from_pdu(pdu, version)


def check_pdu(pdu: JsonObject, version: RoomVersion, *, is_past: bool = False) -> None:
    """Raise InvalidEvent unless this is an event that `Event.from_pdu` can take.

    Of the past, events may name more others than would be accepted today. Spec: GET /backfill.
    """
    if version.strict_canonical_json:
        check_canonical(pdu)
    _check_identity(pdu, version)
    _check_numbers(pdu, version)
    _check_proofs(pdu)
    _check_references("prev_events", pdu, version, MAX_PAST if is_past else MAX_PREV_EVENTS)
    _check_references("auth_events", pdu, version, MAX_PAST if is_past else MAX_AUTH_EVENTS)
    check_size(_encoded_size(pdu, version))


def check_size(size: int) -> None:
    if size > MAX_EVENT_BYTES:
        raise EventTooLarge(
            f"The event has {size} bytes, but an event may have at most {MAX_EVENT_BYTES}."
        )


def check_names(type: str, state_key: str | None) -> None:
    if not fits(type):
        raise EventTooLarge("The event's type is longer than 255 bytes.")
    if state_key is not None and not fits(state_key):
        raise EventTooLarge("The event's state key is longer than 255 bytes.")


def _check_identity(pdu: JsonObject, version: RoomVersion) -> None:
    type = _take(pdu, "type", str)
    if "state_key" in pdu:
        _take(pdu, "state_key", str)
    check_names(type, pdu.get("state_key"))
    _take(pdu, "content", dict)
    if not is_user_id(_take(pdu, "sender", str)):
        raise InvalidEvent("The event's sender is not a user id.")
    _check_room_id(pdu, version)
    if version.chosen_event_ids and not is_event_id_with_domain(_take(pdu, "event_id", str)):
        raise InvalidEvent("The event's `event_id` is not an event id.")
    if "redacts" in pdu and type == "m.room.redaction" and not version.redacts_in_content:
        _take(pdu, "redacts", str)


def _check_room_id(pdu: JsonObject, version: RoomVersion) -> None:
    if version.room_id_is_create_hash and pdu["type"] == "m.room.create":
        if "room_id" in pdu:
            raise InvalidEvent(f"In room version {version.id} the create event has no `room_id`.")
        return
    is_room_id = is_room_id_of_hash if version.room_id_is_create_hash else is_room_id_with_domain
    if not is_room_id(_take(pdu, "room_id", str)):
        raise InvalidEvent(f"The event's `room_id` is not one of room version {version.id}.")


def _check_numbers(pdu: JsonObject, version: RoomVersion) -> None:
    _take(pdu, "origin_server_ts", int)
    limit = MAX_INTEGER if version.strict_canonical_json else _HISTORIC_MAX_DEPTH
    if not 0 <= _take(pdu, "depth", int) <= limit:
        raise InvalidEvent("The event's depth is out of range.")


def _check_proofs(pdu: JsonObject) -> None:
    if not isinstance(_take(pdu, "hashes", dict).get("sha256"), str):
        raise InvalidEvent("The event has no SHA-256 hash.")
    for by_key in _take(pdu, "signatures", dict).values():
        if not isinstance(by_key, dict) or not all(isinstance(s, str) for s in by_key.values()):
            raise InvalidEvent("The event's `signatures` do not have the shape of signatures.")


def _check_references(key: str, pdu: JsonObject, version: RoomVersion, limit: int) -> None:
    events = _take(pdu, key, list)
    if len(events) > limit:
        raise InvalidEvent(f"The event has more than {limit} `{key}`.")
    is_reference = _is_id_pair if version.event_format is EventFormat.ID_PAIRS else _is_id
    if not all(map(is_reference, events)):
        raise InvalidEvent(f"The event's `{key}` do not name events.")


def _is_id(value: JsonValue) -> bool:
    return isinstance(value, str) and value.startswith("$") and fits(value)


def _is_id_pair(value: JsonValue) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and _is_id(value[0])
        and isinstance(value[1], dict)
    )


def _encoded_size(pdu: JsonObject, version: RoomVersion) -> int:
    try:
        return len(encode_canonical(pdu, version))
    except (TypeError, ValueError) as error:
        raise InvalidEvent("The event holds what JSON cannot say.") from error


def _take(pdu: JsonObject, key: str, kind: type[Any]) -> Any:
    """A required field of exactly this type (so a boolean is no integer)."""
    if key not in pdu:
        raise InvalidEvent(f"The event has no `{key}`.")
    value = pdu[key]
    if type(value) is not kind:
        raise InvalidEvent(f"The event's `{key}` is not {_KIND_NAMES[kind]}.")
    return value


_KIND_NAMES = {str: "a string", int: "an integer", dict: "an object", list: "an array"}
