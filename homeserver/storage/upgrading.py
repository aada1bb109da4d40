"""What the upgrade of a room asks about it, and nobody else does."""

from homeserver.storage import names
from homeserver.storage.transaction import Transaction


def banned(txn: Transaction, room: int, limit: int) -> list[str]:
    """Who is banned from a room, the last first."""
    rows = txn.query(
        """
        SELECT names.name FROM memberships JOIN names ON names.id = memberships.user_id
        WHERE memberships.room = ? AND memberships.membership = 'ban'
        ORDER BY memberships.position DESC LIMIT ?
        """,
        room,
        limit,
    )
    return [user_id for (user_id,) in rows]


def joined_with_state(txn: Transaction, user_id: str, type: str, state_key: str) -> list[str]:
    """The rooms of a user whose state has something at this key."""
    rows = txn.query(
        """
        SELECT rooms.name FROM memberships
        JOIN current_state ON current_state.room = memberships.room
            AND current_state.type = ? AND current_state.state_key = ?
        JOIN names AS rooms ON rooms.id = memberships.room
        WHERE memberships.user_id = ? AND memberships.membership = 'join'
        """,
        names.find(txn, type) or 0,
        names.find(txn, state_key) or 0,
        names.find(txn, user_id) or 0,
    )
    return [room_id for (room_id,) in rows]
