"""Long work that administrators asked for, and how far it is."""

from attrs import field, frozen

from homeserver.json_values import JsonObject, decode, encode
from homeserver.storage.transaction import Row, Transaction

SCHEDULED, ACTIVE, COMPLETE, FAILED = "scheduled", "active", "complete", "failed"
UNFINISHED = (SCHEDULED, ACTIVE)
_COLUMNS = "id, kind, subject, status, begun_ts, wish, progress"


@frozen
class Job:
    id: str
    kind: str
    subject: str
    status: str
    begun_ts: int
    wish: JsonObject
    progress: JsonObject = field(factory=dict)


def save(txn: Transaction, job: Job, now_ms: int) -> None:
    txn.execute(
        """
        INSERT INTO admin_jobs (id, kind, subject, status, begun_ts, wish, progress, changed_ts)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET status = excluded.status, progress = excluded.progress,
            changed_ts = excluded.changed_ts
        """,
        job.id,
        job.kind,
        job.subject,
        job.status,
        job.begun_ts,
        encode(job.wish).decode(),
        encode(job.progress).decode(),
        now_ms,
    )


def find(txn: Transaction, kind: str, id: str) -> Job | None:
    row = txn.one(f"SELECT {_COLUMNS} FROM admin_jobs WHERE id = ? AND kind = ?", id, kind)
    return _read(row) if row else None


def of_subject(txn: Transaction, kind: str, subject: str) -> list[Job]:
    rows = txn.query(
        f"SELECT {_COLUMNS} FROM admin_jobs WHERE kind = ? AND subject = ? ORDER BY begun_ts, id",
        kind,
        subject,
    )
    return [_read(row) for row in rows]


def newest(txn: Transaction, before_ts: int, limit: int) -> list[Job]:
    rows = txn.query(
        f"""
        SELECT {_COLUMNS} FROM admin_jobs WHERE begun_ts <= ? ORDER BY begun_ts DESC, id LIMIT ?
        """,
        before_ts,
        limit,
    )
    return [_read(row) for row in rows]


def unfinished(txn: Transaction) -> list[Job]:
    rows = txn.query(
        f"""
        SELECT {_COLUMNS} FROM admin_jobs WHERE status IN ('scheduled', 'active')
        ORDER BY begun_ts, id
        """
    )
    return [_read(row) for row in rows]


def forget_finished(txn: Transaction, before_ts: int) -> None:
    txn.execute(
        "DELETE FROM admin_jobs WHERE status IN ('complete', 'failed') AND changed_ts < ?",
        before_ts,
    )


def _read(row: Row) -> Job:
    id, kind, subject, status, begun_ts, wish, progress = row
    return Job(id, kind, subject, status, begun_ts, decode(wish), decode(progress))
