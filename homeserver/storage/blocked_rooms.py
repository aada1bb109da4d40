"""Rooms that our users cannot enter."""

from homeserver.storage.transaction import Transaction


def blocked_by(txn: Transaction, room_id: str) -> str | None:
    """The administrator who closed it."""
    if "\0" in room_id:
        return None
    row = txn.one("SELECT blocked_by FROM blocked_rooms WHERE room_id = ?", room_id)
    return str(row[0]) if row else None


def block(txn: Transaction, room_id: str, user_id: str, now_ms: int) -> None:
    txn.execute(
        """
        INSERT INTO blocked_rooms (room_id, blocked_by, blocked_ts) VALUES (?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        room_id,
        user_id,
        now_ms,
    )


def unblock(txn: Transaction, room_id: str) -> None:
    txn.execute("DELETE FROM blocked_rooms WHERE room_id = ?", room_id)
