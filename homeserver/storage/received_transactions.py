"""Transactions of other servers and our answers: a repeated one is answered alike."""

from homeserver.storage.transaction import Transaction


def find(txn: Transaction, origin: str, txn_id: str) -> str | None:
    """What was answered, as JSON."""
    row = txn.one(
        "SELECT answer FROM received_transactions WHERE origin = ? AND txn_id = ?", origin, txn_id
    )
    return None if row is None else str(row[0])


def save(txn: Transaction, origin: str, txn_id: str, now_ms: int, answer: str) -> None:
    txn.insert(
        """
        INSERT INTO received_transactions (origin, txn_id, received_ts, answer) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        origin,
        txn_id,
        now_ms,
        answer,
    )


def forget(txn: Transaction, before_ms: int) -> None:
    """Nobody repeats what is so old."""
    txn.insert("DELETE FROM received_transactions WHERE received_ts < ?", before_ms)
