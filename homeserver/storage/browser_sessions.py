"""Browsers that are signed in to the pages of accounts, by the hash of their cookie."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class BrowserSession:
    """It is whole once everything that the account asks for has been proved."""

    user_id: str
    is_whole: bool
    expires_ts: int
    passkey_ts: int | None = None
    """When a passkey was shown there."""


def add(txn: Transaction, hash: bytes, session: BrowserSession, now_ms: int) -> None:
    txn.execute("DELETE FROM browser_sessions WHERE expires_ts <= ?", now_ms)
    txn.execute(
        """
        INSERT INTO browser_sessions (hash, user_id, is_whole, expires_ts, passkey_ts)
        VALUES (?, ?, ?, ?, ?)
        """,
        hash,
        session.user_id,
        int(session.is_whole),
        session.expires_ts,
        session.passkey_ts,
    )


def find(txn: Transaction, hash: bytes, now_ms: int) -> BrowserSession | None:
    row = txn.one(
        """
        SELECT user_id, is_whole, expires_ts, passkey_ts FROM browser_sessions
        WHERE hash = ? AND expires_ts > ?
        """,
        hash,
        now_ms,
    )
    return BrowserSession(row[0], bool(row[1]), row[2], row[3]) if row else None


def remove(txn: Transaction, hash: bytes) -> None:
    txn.execute("DELETE FROM browser_sessions WHERE hash = ?", hash)


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM browser_sessions WHERE user_id = ?", user_id)
