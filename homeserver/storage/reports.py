"""What users told the administrators of rooms, events and each other."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class Report:
    """`kind` is room, event or user; ids that do not belong to it are empty."""

    kind: str
    reporter: str
    reason: str
    received_ts: int
    room_id: str = ""
    event_id: str = ""
    user_id: str = ""


def save(txn: Transaction, report: Report) -> None:
    """Who reports the same thing again says it better."""
    txn.insert(
        """
        INSERT INTO reports
            (id, kind, reporter, room_id, event_id, user_id, reason, received_ts)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (reporter, room_id, event_id, user_id) DO UPDATE
        SET reason = excluded.reason, received_ts = excluded.received_ts
        """,
        txn.next_position(),
        report.kind,
        report.reporter,
        report.room_id,
        report.event_id,
        report.user_id,
        report.reason,
        report.received_ts,
    )


def newest(txn: Transaction, limit: int, before: int | None = None) -> list[tuple[int, Report]]:
    """Reports with their ids, newest first, from before the one with the id `before`."""
    rows = txn.query(
        """
        SELECT id, kind, reporter, reason, received_ts, room_id, event_id, user_id FROM reports
        WHERE id < ? ORDER BY id DESC LIMIT ?
        """,
        2**62 if before is None else before,
        limit,
    )
    return [(id, Report(*row)) for id, *row in rows]
