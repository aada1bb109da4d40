"""Who takes part in which call, in words that tell LiveKit nothing of rooms and people.

MSC4195 derives them so that all servers and clients come to the same; the forms of older clients
are beside it.
"""

from hashlib import sha256

from attrs import frozen

from homeserver.events.canonical import canonical_json
from homeserver.events.unpadded_base64 import encode_base64

CALL_OF_ROOM = "m.call#ROOM"
"""The slot of a room's one call, which older clients do not name."""


@frozen
class Seat:
    """A place in a call: LiveKit's room, and the participant there."""

    room: str
    identity: str


def newest(room_id: str, slot_id: str, user_id: str, member_id: str) -> Seat:
    """MSC4195 as proposed today."""
    return Seat(room_name(room_id, slot_id), hidden(user_id, member_id))


def of_device(room_id: str, slot_id: str, user_id: str, device_id: str, member_id: str) -> Seat:
    """MSC4195 as Element Call speaks it: the device is part of the participant."""
    return Seat(room_name(room_id, slot_id), hidden(user_id, device_id, member_id))


def oldest(room_id: str, user_id: str, device_id: str) -> Seat:
    """The first form: clients find each other by user and device."""
    return Seat(room_name(room_id, CALL_OF_ROOM), f"{user_id}:{device_id}")


def room_name(room_id: str, slot_id: str) -> str:
    return hidden(room_id, slot_id)


def hidden(*parts: str) -> str:
    return encode_base64(sha256(canonical_json(list(parts))).digest())
