"""Filters that clients have uploaded."""

from homeserver.storage.transaction import Transaction


def find(txn: Transaction, user_id: str, filter_id: str) -> str | None:
    """A filter as JSON text."""
    row = txn.one(
        "SELECT content FROM filters WHERE user_id = ? AND filter_id = ?", user_id, filter_id
    )
    return None if row is None else str(row[0])


def save(txn: Transaction, user_id: str, filter_id: str, content: str, keep: int) -> None:
    """Store a filter; of each user only the newest `keep` ones stay."""
    if find(txn, user_id, filter_id) is not None:
        return
    txn.execute(
        """
        INSERT INTO filters (user_id, filter_id, position, content) VALUES (?, ?, ?, ?)
        """,
        user_id,
        filter_id,
        txn.next_position(),
        content,
    )
    txn.execute(
        """
        DELETE FROM filters WHERE user_id = ? AND position <= (
            SELECT position FROM filters WHERE user_id = ? ORDER BY position DESC LIMIT 1 OFFSET ?
        )
        """,
        user_id,
        user_id,
        keep,
    )
