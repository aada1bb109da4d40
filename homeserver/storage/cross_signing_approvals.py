"""Who has agreed in the browser that an app may replace the cross-signing keys."""

from homeserver.storage.transaction import Transaction


def add(txn: Transaction, user_id: str, expires_ts: int) -> None:
    txn.execute(
        """
        INSERT INTO cross_signing_approvals (user_id, expires_ts) VALUES (?, ?)
        ON CONFLICT (user_id) DO UPDATE SET expires_ts = excluded.expires_ts
        """,
        user_id,
        expires_ts,
    )


def take(txn: Transaction, user_id: str, now_ms: int) -> bool:
    """Whether there was one; it works once."""
    row = txn.one("SELECT expires_ts FROM cross_signing_approvals WHERE user_id = ?", user_id)
    delete_of_user(txn, user_id)
    return row is not None and row[0] > now_ms


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM cross_signing_approvals WHERE user_id = ?", user_id)
