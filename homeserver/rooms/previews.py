"""What somebody at the door of a room may know of it. Spec: "Stripped state"."""

from homeserver.errors import NotFound
from homeserver.events.client_format import stripped_state
from homeserver.events.event import Event
from homeserver.events.problems import InvalidEvent
from homeserver.events.received import take
from homeserver.events.room_versions import RoomVersion
from homeserver.json_values import JsonObject, JsonValue
from homeserver.rooms.shown import as_seen
from homeserver.storage import heads, names, room_previews
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

SHOWN = (
    "m.room.create",
    "m.room.join_rules",
    "m.room.canonical_alias",
    "m.room.avatar",
    "m.room.name",
    "m.room.topic",
    "m.room.encryption",
)
MAX_EVENTS = 50
MAX_TEXT = 1000


def preview_pdus(txn: Transaction, room_id: str, inviter: str = "") -> list[JsonObject]:
    """As other servers get it: whole PDUs."""
    head = heads.load(txn, room_id)
    if head is None:
        raise NotFound("This room is not known here.")
    found = [head.event(txn, type) for type in SHOWN]
    if inviter:
        found.append(head.event(txn, "m.room.member", inviter))
    return [as_seen(stored).pdu for stored in found if stored is not None]


def at_the_door(txn: Transaction, own: Stored) -> list[JsonObject]:
    """What those may know whose invite or knock this is, but for the invite or knock itself."""
    event = own.event
    head = heads.load(txn, event.room_id)
    if head is None or own.place is None:
        return room_previews.find(txn, event.state_key or "", names.find(txn, event.room_id) or 0)
    return [stripped_state(as_seen(stored)) for stored in shown_of(txn, head, own)]


def shown_of(txn: Transaction, head: Head, own: Stored) -> list[Stored]:
    found = [stored for type in SHOWN if (stored := head.event(txn, type)) is not None]
    if (sender := head.event(txn, "m.room.member", own.event.sender)) is not None:
        found.append(sender)
    return [stored for stored in found if stored is not own]


def stripped(values: JsonValue, version: RoomVersion, room_id: str) -> list[JsonObject]:
    """What another server told, as clients get it; what is no state event is left out.

    Since version 12 a room's id proves its create event.
    """
    shown: list[JsonObject] = []
    for value in values[:MAX_EVENTS] if isinstance(values, list) else []:
        event = _event(value, version)
        if event is None:
            if version.room_id_is_create_hash or not _is_stripped(value):
                continue
            shown.append({key: value[key] for key in ("type", "state_key", "sender", "content")})
        elif event.is_state and event.room_id == room_id:
            shown.append(stripped_state(event))
    return shown


def _event(value: JsonValue, version: RoomVersion) -> Event | None:
    try:
        return take(value, version).event
    except InvalidEvent:
        return None


def _is_stripped(value: JsonValue) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(key), str) for key in ("type", "state_key", "sender"))
        and isinstance(value.get("content"), dict)
        and "\0" not in value["type"] + value["state_key"]
    )
