"""What the log says about unread messages: counts without a row for each member."""

from attrs import frozen

from homeserver.storage import names, relations
from homeserver.storage.transaction import Transaction

MOST = 1000
"""The newest events in threads, or redacted ones, that are looked at."""
LOOKED_AT = 2000
"""The newest events of a room among which one of the user's own is looked for."""


@frozen
class InThread:
    """An event in a thread; `counts` if it notifies ordinary members."""

    root: str
    position: int
    counts: bool
    is_own: bool


def newest_own(txn: Transaction, room: int, user_id: str, after: int) -> int:
    """The place of the user's newest message behind `after` and in no thread, or `after` itself."""
    row = txn.one(
        """
        SELECT place FROM (
            SELECT place, position, sender, state_key FROM events WHERE room = ? AND place > ?
            ORDER BY place DESC LIMIT ?
        ) AS newest
        WHERE sender = ? AND state_key IS NULL AND NOT EXISTS (
            SELECT 1 FROM relations
            WHERE relations.position = newest.position AND relations.rel_type = 'm.thread'
        )
        ORDER BY place DESC LIMIT 1
        """,
        room,
        after,
        LOOKED_AT,
        names.find(txn, user_id) or 0,
    )
    return int(row[0]) if row else after


def in_threads(txn: Transaction, room: int, user_id: str, after: int, upto: int) -> list[InThread]:
    """The newest events in threads in this part of a room, oldest first."""
    if relations.newest_bundled(txn, room) <= after:
        return []
    own = names.find(txn, user_id) or 0
    rows = txn.query(
        """
        SELECT relates_to, position, counted, sender FROM relations
        WHERE room = ? AND rel_type = 'm.thread' AND position > ? AND position <= ?
        ORDER BY position DESC LIMIT ?
        """,
        room,
        after,
        upto,
        MOST,
    )
    return [
        InThread(root, position, bool(counted), sender == own)
        for root, position, counted, sender in reversed(rows)
    ]


def counted_upto(txn: Transaction, room: int, place: int, upto: int) -> tuple[int, int]:
    """How many events of a room up to `place` notify ordinary members; and of the newest ones
    behind it, up to `upto`, how many that do have been redacted.
    """
    (row,) = txn.query(
        """
        SELECT (
            SELECT counted FROM events WHERE room = ? AND place <= ? ORDER BY place DESC LIMIT 1
        ), (
            SELECT COUNT(*) FROM (
                SELECT place, counted, redaction FROM events
                WHERE room = ? AND place > ? AND place <= ? ORDER BY place DESC LIMIT ?
            ) AS newest
            WHERE redaction IS NOT NULL AND counted > (
                SELECT counted FROM events AS former
                WHERE former.room = ? AND former.place < newest.place
                ORDER BY former.place DESC LIMIT 1
            )
        ), (
            SELECT counted FROM purged_rooms WHERE room = ?
        )
        """,
        room,
        place,
        room,
        place,
        upto,
        MOST,
        room,
        room,
    )
    return max(int(row[0] or 0), int(row[2] or 0)), int(row[1])
