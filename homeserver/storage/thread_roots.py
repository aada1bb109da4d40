"""The threads of rooms, by their newest event."""

from collections.abc import Sequence

from homeserver.storage import names
from homeserver.storage.transaction import Transaction

THREAD = "m.thread"


def note(txn: Transaction, room: int, root: str, position: int) -> None:
    """A thread has gone on."""
    txn.insert(
        """
        INSERT INTO thread_roots (root, room, newest) VALUES (?, ?, ?)
        ON CONFLICT (root, room) DO UPDATE SET newest = excluded.newest
        WHERE excluded.newest > thread_roots.newest
        """,
        root,
        room,
        position,
    )


def correct(txn: Transaction, room: int, root: str) -> None:
    """An event of a thread is gone: another is its newest, or the thread is no more."""
    row = txn.one(
        "SELECT MAX(position) FROM relations WHERE relates_to = ? AND rel_type = ? AND room = ?",
        root,
        THREAD,
        room,
    )
    if row and row[0] is not None:
        txn.insert(
            "UPDATE thread_roots SET newest = ? WHERE root = ? AND room = ?", row[0], root, room
        )
    else:
        txn.insert("DELETE FROM thread_roots WHERE root = ? AND room = ?", root, room)


def page(
    txn: Transaction, room: int, upto: int, limit: int, participant: str | None = None
) -> Sequence[tuple[str, int]]:
    """(root, newest) of threads that went on at or before `upto`, newest first.

    Only those with a message of the participant, in them or at their root, if one is named.
    """
    taking_part = """
        AND (EXISTS (SELECT 1 FROM relations WHERE relations.relates_to = thread_roots.root
            AND relations.rel_type = 'm.thread' AND relations.sender = ?)
        OR EXISTS (SELECT 1 FROM events WHERE events.event_id = thread_roots.root
            AND events.sender = ?))"""
    user = () if participant is None else (names.find(txn, participant) or 0,) * 2
    rows = txn.query(
        f"SELECT root, newest FROM thread_roots WHERE room = ? AND newest <= ? "
        f"{taking_part if user else ''} ORDER BY newest DESC LIMIT ?",
        room,
        upto,
        *user,
        limit,
    )
    return [(root, newest) for root, newest in rows]
