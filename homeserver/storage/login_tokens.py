"""Tokens that log in another device of the same user, once."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class LoginToken:
    """It is whole if everything was proved that the account asks for when it was given out."""

    user_id: str
    expires_ts: int
    is_whole: bool = False


def add(txn: Transaction, hash: bytes, token: LoginToken, now_ms: int) -> None:
    txn.execute("DELETE FROM login_tokens WHERE expires_ts <= ?", now_ms)
    txn.execute(
        "INSERT INTO login_tokens (hash, user_id, expires_ts, is_whole) VALUES (?, ?, ?, ?)",
        hash,
        token.user_id,
        token.expires_ts,
        int(token.is_whole),
    )


def take(txn: Transaction, hash: bytes, now_ms: int) -> LoginToken | None:
    """What it stands for, if it is known and has not expired; it works no more."""
    rows = txn.query(
        "SELECT user_id, expires_ts, is_whole FROM login_tokens WHERE hash = ? AND expires_ts > ?",
        hash,
        now_ms,
    )
    txn.execute("DELETE FROM login_tokens WHERE hash = ?", hash)
    return LoginToken(rows[0][0], rows[0][1], bool(rows[0][2])) if rows else None


def remove_of(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM login_tokens WHERE user_id = ?", user_id)
