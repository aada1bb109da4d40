"""Letters that wait for the mail server."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class WaitingLetter:
    """`tries` is how often it was handed in, in vain."""

    position: int
    sealed: bytes
    tries: int
    expires_ts: int


def add(txn: Transaction, user_id: str, sealed: bytes, now_ms: int, expires_ts: int) -> None:
    txn.execute(
        """
        INSERT INTO letters (position, user_id, sealed, tries, next_ts, expires_ts)
        VALUES (?, ?, ?, 0, ?, ?)
        """,
        txn.next_position(),
        user_id,
        sealed,
        now_ms,
        expires_ts,
    )


def take(txn: Transaction, now_ms: int, again_ts: int, limit: int) -> list[WaitingLetter]:
    """Those whose time has come; if nobody says what became of them, it comes again."""
    rows = txn.query(
        """
        SELECT position, sealed, tries, expires_ts FROM letters WHERE next_ts <= ?
        ORDER BY next_ts, position LIMIT ?
        """,
        now_ms,
        limit,
    )
    taken = [WaitingLetter(row[0], bytes(row[1]), row[2], row[3]) for row in rows]
    for it in taken:
        put_off(txn, it.position, it.tries, again_ts)
    return taken


def put_off(txn: Transaction, position: int, tries: int, next_ts: int) -> None:
    txn.execute(
        "UPDATE letters SET tries = ?, next_ts = ? WHERE position = ?", tries, next_ts, position
    )


def remove(txn: Transaction, position: int) -> None:
    txn.execute("DELETE FROM letters WHERE position = ?", position)


def remove_expired(txn: Transaction, now_ms: int) -> int:
    return txn.execute("DELETE FROM letters WHERE expires_ts <= ?", now_ms)


def count(txn: Transaction) -> int:
    row = txn.one("SELECT COUNT(*) FROM letters")
    return int(row[0]) if row else 0


def next_ts(txn: Transaction) -> int | None:
    """When the next one is to be tried, or is too old."""
    row = txn.one("SELECT MIN(next_ts), MIN(expires_ts) FROM letters")
    return min(row) if row and row[0] is not None else None


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM letters WHERE user_id = ?", user_id)
