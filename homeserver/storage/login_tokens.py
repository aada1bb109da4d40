"""Tokens that log in another device of the same user, once."""

from homeserver.storage.transaction import Transaction


def add(txn: Transaction, hash: bytes, user_id: str, expires_ts: int, now_ms: int) -> None:
    txn.execute("DELETE FROM login_tokens WHERE expires_ts <= ?", now_ms)
    txn.execute(
        "INSERT INTO login_tokens (hash, user_id, expires_ts) VALUES (?, ?, ?)",
        hash,
        user_id,
        expires_ts,
    )


def take(txn: Transaction, hash: bytes, now_ms: int) -> str | None:
    """The user it stands for, if it is known and has not expired; it works no more."""
    rows = txn.query(
        "SELECT user_id FROM login_tokens WHERE hash = ? AND expires_ts > ?", hash, now_ms
    )
    txn.execute("DELETE FROM login_tokens WHERE hash = ?", hash)
    return rows[0][0] if rows else None


def remove_of(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM login_tokens WHERE user_id = ?", user_id)
