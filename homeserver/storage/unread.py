"""What the log says about unread messages: counts without a row for each member."""

from collections.abc import Collection, Mapping
from itertools import chain

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


def newest_own(txn: Transaction, user_id: str, after: Mapping[int, int]) -> dict[int, int]:
    """By room, the place of the user's newest message behind `after` and in no thread, or `after`
    itself.
    """
    rows = txn.query(
        f"""
        WITH asked (room, place) AS (VALUES {_tuples(after, 2)})
        SELECT asked.room, (
            SELECT newest.place FROM (
                SELECT place, position, sender, state_key FROM events
                WHERE events.room = asked.room AND events.place > asked.place
                ORDER BY events.place DESC LIMIT ?
            ) AS newest
            WHERE newest.sender = ? AND newest.state_key IS NULL AND NOT EXISTS (
                SELECT 1 FROM relations
                WHERE relations.position = newest.position AND relations.rel_type = 'm.thread'
            )
            ORDER BY newest.place DESC LIMIT 1
        )
        FROM asked
        """,
        *chain.from_iterable(after.items()),
        LOOKED_AT,
        names.find(txn, user_id) or 0,
    )
    return {room: after[room] if place is None else place for room, place in rows}


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


def counted_upto(
    txn: Transaction, asked: Mapping[int, tuple[int, int]]
) -> dict[int, tuple[int, int]]:
    """By room, for a `place` and a later one, `upto`: how many events up to `place` notify ordinary
    members; and of the newest ones behind it, up to `upto`, how many that do have been redacted.
    """
    rows = txn.query(
        f"""
        WITH asked (room, place, upto) AS (VALUES {_tuples(asked, 3)})
        SELECT asked.room, (
            SELECT counted FROM events WHERE events.room = asked.room
                AND events.place <= asked.place ORDER BY events.place DESC LIMIT 1
        ), (
            SELECT COUNT(*) FROM (
                SELECT place, counted, redaction FROM events WHERE events.room = asked.room
                    AND events.place > asked.place AND events.place <= asked.upto
                ORDER BY events.place DESC LIMIT ?
            ) AS newest
            WHERE newest.redaction IS NOT NULL AND newest.counted > (
                SELECT former.counted FROM events AS former
                WHERE former.room = asked.room AND former.place < newest.place
                ORDER BY former.place DESC LIMIT 1
            )
        ), (
            SELECT counted FROM purged_rooms WHERE purged_rooms.room = asked.room
        )
        FROM asked
        """,
        *chain.from_iterable((room, *places) for room, places in asked.items()),
        MOST,
    )
    return {
        room: (max(counted or 0, purged or 0), redacted) for room, counted, redacted, purged in rows
    }


def _tuples(rows: Collection[object], width: int) -> str:
    """Placeholders for `VALUES`."""
    return ",".join([f"({','.join('?' * width)})"] * len(rows))
