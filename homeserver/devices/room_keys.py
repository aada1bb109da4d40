"""Keys of rooms as clients back them up. Spec: "KeyBackupData"."""

from collections.abc import Mapping
from typing import Any

from homeserver.errors import BadJson, InvalidParam, TooLarge
from homeserver.events.ids import fits
from homeserver.http.request import field
from homeserver.json_values import JsonObject, encode
from homeserver.storage.key_backups import BackedUpKey, KeyRank, Place

MAX_BYTES = 64 * 1024
"""Of one key."""
MAX_KEYS = 10_000
"""In one request."""
MAX_INDEX = 2**53 - 1

NewKeys = Mapping[Place, BackedUpKey]


def read_rooms(body: JsonObject) -> NewKeys:
    """`{"rooms": {room: {"sessions": ...}}}`"""
    keys: dict[Place, BackedUpKey] = {}
    for room_id, of_room in field(body, "rooms", dict).items():
        if not isinstance(of_room, dict):
            raise BadJson("'rooms' must hold an object for each room.")
        keys.update(read_sessions(room_id, of_room))
    if len(keys) > MAX_KEYS:
        raise TooLarge(f"One request may hold {MAX_KEYS} keys.")
    return keys


def read_sessions(room_id: str, body: JsonObject) -> NewKeys:
    """`{"sessions": {session: key}}`"""
    sessions: JsonObject = field(body, "sessions", dict)
    if len(sessions) > MAX_KEYS:
        raise TooLarge(f"One request may hold {MAX_KEYS} keys.")
    return {(room_id, id): read_key(room_id, id, key) for id, key in sessions.items()}


def read_key(room_id: str, session_id: str, key: Any) -> BackedUpKey:
    for id in (room_id, session_id):
        if not id or "\0" in id or not fits(id):
            raise InvalidParam("Ids of rooms and sessions have 1 to 255 bytes, without NUL.")
    if not isinstance(key, dict):
        raise BadJson("A key must be an object.")
    data: JsonObject = field(key, "session_data", dict)
    if len(encode(data)) > MAX_BYTES:
        raise TooLarge(f"A key may take {MAX_BYTES} bytes.")
    is_verified: bool = field(key, "is_verified", bool)
    rank = KeyRank(is_verified, _index(key, "first_message_index"), _index(key, "forwarded_count"))
    return BackedUpKey(rank, data)


def _index(key: JsonObject, name: str) -> int:
    value: int = field(key, name, int)
    if not 0 <= value <= MAX_INDEX:
        raise InvalidParam(f"'{name}' must be an index, from 0 on.")
    return value
