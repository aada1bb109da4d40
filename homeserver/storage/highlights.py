"""Whom an event highlights under default push rules: rows only for those who are mentioned."""

from homeserver.storage import names
from homeserver.storage.transaction import Transaction


def insert(
    txn: Transaction, room: int, position: int, user_ids: frozenset[str], everyone: bool
) -> None:
    for user_id in user_ids:
        txn.insert(
            "INSERT INTO highlights (room, position, user_id) VALUES (?, ?, ?)",
            room,
            position,
            names.intern(txn, user_id),
        )
    if everyone:
        txn.insert(
            "INSERT INTO highlights (room, position, user_id) VALUES (?, ?, NULL)", room, position
        )


def positions(txn: Transaction, room: int, user_id: str, after: int, upto: int) -> list[int]:
    """Of the newest events in this part of a room that highlight a user, and are still whole."""
    rows = txn.query(
        """
        SELECT highlights.position FROM highlights
        JOIN events ON events.position = highlights.position
        WHERE highlights.room = ? AND highlights.position > ? AND highlights.position <= ?
            AND (highlights.user_id = ? OR highlights.user_id IS NULL) AND events.redaction IS NULL
        ORDER BY highlights.position DESC LIMIT 1000
        """,
        room,
        after,
        upto,
        names.find(txn, user_id) or 0,
    )
    return [position for (position,) in rows]
