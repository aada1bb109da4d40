"""Tokens that prove to other services who a user is."""

from hashlib import sha256

from homeserver.storage.transaction import Transaction


def save(txn: Transaction, token: str, user_id: str, expires_ms: int) -> None:
    txn.insert(
        "INSERT INTO openid_tokens (hash, user_id, expires) VALUES (?, ?, ?)",
        _hash(token),
        user_id,
        expires_ms,
    )


def owner(txn: Transaction, token: str, now_ms: int) -> str | None:
    """Whose token it is, while it is valid."""
    row = txn.one(
        "SELECT user_id FROM openid_tokens WHERE hash = ? AND expires > ?", _hash(token), now_ms
    )
    return None if row is None else str(row[0])


def delete_expired(txn: Transaction, now_ms: int) -> None:
    txn.execute("DELETE FROM openid_tokens WHERE expires <= ?", now_ms)


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM openid_tokens WHERE user_id = ?", user_id)


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
