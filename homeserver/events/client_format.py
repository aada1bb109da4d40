"""Events as clients see them. Spec: Client-Server API, "Room event format", "Stripped state"."""

from homeserver.events.event import Event
from homeserver.events.sticky import STICKY
from homeserver.json_values import JsonObject


def client_format(event: Event) -> JsonObject:
    """A `ClientEvent`, still without `unsigned`: that depends on who asks."""
    return {**client_format_without_room_id(event), "room_id": event.room_id}


def client_format_without_room_id(event: Event) -> JsonObject:
    """A `ClientEventWithoutRoomID`, as /sync shows it."""
    shown: JsonObject = {
        "type": event.type,
        "sender": event.sender,
        "content": event.content,
        "event_id": event.event_id,
        "origin_server_ts": event.origin_server_ts,
    }
    if event.state_key is not None:
        shown["state_key"] = event.state_key
    if STICKY in event.pdu:
        shown[STICKY] = event.pdu[STICKY]
    if event.redacts is not None:
        # Room version 11, "Moving the `redacts` property": clients find it in both places.
        shown["redacts"] = event.redacts
        shown["content"] = {**event.content, "redacts": event.redacts}
    return shown


def stripped_state(event: Event) -> JsonObject:
    """Of a state event: what invited and knocking users may see."""
    return {
        "type": event.type,
        "state_key": event.state_key,
        "sender": event.sender,
        "content": event.content,
    }
