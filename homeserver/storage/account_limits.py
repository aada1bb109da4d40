"""Limits for messages that hold for one account instead of everybody's."""

from homeserver.storage.transaction import Transaction

Limit = tuple[int, int]
"""Messages a second, and how many at once."""


def everything(txn: Transaction) -> dict[str, Limit]:
    rows = txn.query("SELECT user_id, messages_per_second, burst_count FROM account_limits")
    return {user_id: (per_second, burst) for user_id, per_second, burst in rows}


def find(txn: Transaction, user_id: str) -> Limit | None:
    row = txn.one(
        "SELECT messages_per_second, burst_count FROM account_limits WHERE user_id = ?", user_id
    )
    return (int(row[0]), int(row[1])) if row else None


def save(txn: Transaction, user_id: str, limit: Limit) -> None:
    txn.execute(
        """
        INSERT INTO account_limits (user_id, messages_per_second, burst_count) VALUES (?, ?, ?)
        ON CONFLICT (user_id) DO UPDATE SET messages_per_second = excluded.messages_per_second,
            burst_count = excluded.burst_count
        """,
        user_id,
        *limit,
    )


def remove(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM account_limits WHERE user_id = ?", user_id)
