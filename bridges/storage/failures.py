"""Messages that the network refused, for who wants to try them again."""

from attrs import frozen

from bridges.storage.database import Transaction

KEPT_MS = 7 * 86_400_000


@frozen
class Failure:
    """`notice_id` is the event that says why."""

    event_id: str
    room_id: str
    sender: str
    notice_id: str
    failed_at_ms: int


def add(txn: Transaction, failure: Failure) -> None:
    txn.execute("DELETE FROM failures WHERE failed_at_ms < ?", failure.failed_at_ms - KEPT_MS)
    txn.execute(
        """
        INSERT INTO failures (event_id, room_id, sender, notice_id, failed_at_ms)
        VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (event_id) DO UPDATE SET notice_id = excluded.notice_id
        """,
        *(failure.event_id, failure.room_id, failure.sender),
        *(failure.notice_id, failure.failed_at_ms),
    )


def find(txn: Transaction, event_id: str) -> Failure | None:
    """By the message or by what was said about it."""
    row = txn.one(
        """
        SELECT event_id, room_id, sender, notice_id, failed_at_ms FROM failures
        WHERE event_id = ? OR notice_id = ?
        """,
        *(event_id, event_id),
    )
    return Failure(*row) if row else None


def take(txn: Transaction, event_id: str) -> Failure | None:
    row = txn.one(
        """
        DELETE FROM failures WHERE event_id = ?
        RETURNING event_id, room_id, sender, notice_id, failed_at_ms
        """,
        event_id,
    )
    return Failure(*row) if row else None
