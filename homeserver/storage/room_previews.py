"""What is known of rooms that this server is not in: told with an invite, or after a knock."""

import orjson

from homeserver.json_values import JsonObject
from homeserver.storage import names
from homeserver.storage.transaction import Transaction


def save(txn: Transaction, user_id: str, room: int, server: str, state: list[JsonObject]) -> None:
    """`state` is stripped state, and `server` the one that told it."""
    txn.insert(
        """
        INSERT INTO room_previews (user_id, room, server, state) VALUES (?, ?, ?, ?)
        ON CONFLICT (user_id, room) DO UPDATE SET server = excluded.server, state = excluded.state
        """,
        names.intern(txn, user_id),
        room,
        server,
        orjson.dumps(state).decode(),
    )


def find(txn: Transaction, user_id: str, room: int) -> list[JsonObject]:
    row = txn.one(
        "SELECT state FROM room_previews WHERE user_id = ? AND room = ?",
        names.find(txn, user_id) or 0,
        room,
    )
    found: list[JsonObject] = orjson.loads(row[0]) if row else []
    return found


def server_of(txn: Transaction, user_id: str, room: int) -> str:
    """The server that told of the room, or empty."""
    row = txn.one(
        "SELECT server FROM room_previews WHERE user_id = ? AND room = ?",
        names.find(txn, user_id) or 0,
        room,
    )
    return str(row[0]) if row else ""


def delete(txn: Transaction, user_id: str, room: int) -> None:
    txn.insert(
        "DELETE FROM room_previews WHERE user_id = ? AND room = ?",
        names.intern(txn, user_id),
        room,
    )
