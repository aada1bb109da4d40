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


def count(txn: Transaction, room: int, user_id: str, after: int, upto: int) -> int:
    row = txn.one(
        "SELECT COUNT(*) FROM highlights WHERE room = ? AND position > ? AND position <= ? "
        "AND (user_id = ? OR user_id IS NULL)",
        room,
        after,
        upto,
        names.find(txn, user_id) or 0,
    )
    return int(row[0]) if row else 0
