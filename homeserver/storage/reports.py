"""What users told the administrators of rooms, events and each other."""

from collections.abc import Mapping

from attrs import frozen

from homeserver.storage.transaction import Transaction

FILTERS = ("reporter", "room_id", "user_id")


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


def matching(txn: Transaction, kind: str, wanted: Mapping[str, str]) -> list[tuple[int, Report]]:
    """Reports of a kind with their ids, oldest first; those that hold what is wanted."""
    conditions = "".join(f" AND {name} = ?" for name in FILTERS if name in wanted)
    rows = txn.query(
        f"""
        SELECT id, kind, reporter, reason, received_ts, room_id, event_id, user_id FROM reports
        WHERE kind = ? {conditions} ORDER BY received_ts, id
        """,
        kind,
        *(wanted[name] for name in FILTERS if name in wanted),
    )
    return [(id, Report(*row)) for id, *row in rows]


def find(txn: Transaction, kind: str, id: int) -> Report | None:
    row = txn.one(
        """
        SELECT kind, reporter, reason, received_ts, room_id, event_id, user_id FROM reports
        WHERE kind = ? AND id = ?
        """,
        kind,
        id,
    )
    return Report(*row) if row else None


def delete(txn: Transaction, kind: str, id: int) -> bool:
    return bool(txn.execute("DELETE FROM reports WHERE kind = ? AND id = ?", kind, id))
