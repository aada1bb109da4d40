"""Whether a room may begin like this. Spec: room versions, authorization rule 1."""

from homeserver.events.event import Event
from homeserver.events.ids import domain_of, is_user_id
from homeserver.events.problems import AuthError
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.json_values import JsonValue


def authorize_create(event: Event) -> None:
    if event.prev_events:
        raise AuthError("A room's create event must be its first.")
    _check_room_id(event)
    room_version = event.content.get("room_version", "1")
    if not isinstance(room_version, str) or room_version not in ROOM_VERSIONS:
        raise AuthError("The room has a version that this server does not know.")
    if not event.version.creator_is_sender and "creator" not in event.content:
        raise AuthError("The create event does not name the room's creator.")
    if event.version.privileged_creators:
        _check_additional_creators(event.content.get("additional_creators", []))


def _check_room_id(event: Event) -> None:
    if event.version.room_id_is_create_hash:
        if "room_id" in event.pdu:
            raise AuthError("The create event must not have a room id: its hash becomes the id.")
    elif domain_of(event.room_id) != event.sender_domain:
        raise AuthError("The room's id belongs to another server than its creator.")


def _check_additional_creators(users: JsonValue) -> None:
    valid = isinstance(users, list) and all(
        isinstance(user, str) and is_user_id(user) for user in users
    )
    if not valid:
        raise AuthError("The `additional_creators` of a room must be a list of user ids.")
