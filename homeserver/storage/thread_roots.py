"""The threads of rooms, by their newest event."""

from collections.abc import Sequence

from homeserver.storage import names
from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Transaction

THREAD = "m.thread"

KEPT = 100
"""Threads of a room that memory holds, the newest: as many as clients ask for at once."""
CACHE_BYTES = 4 * 1024 * 1024

Found = tuple[str, int]
"""A thread's root, and the position of its newest event."""


def note(txn: Transaction, room: int, root: str, position: int) -> None:
    """A thread has gone on."""
    forget(txn, room)
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
    forget(txn, room)
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


def forget(txn: Transaction, room: int) -> None:
    """The threads of a room have changed."""
    txn.drop(_cache(txn), room)


def page(
    txn: Transaction, room: int, upto: int, limit: int, participant: str | None = None
) -> Sequence[Found]:
    """Threads that went on at or before `upto`, newest first.

    Only those with a message of the participant, in them or at their root, if one is named.
    """
    if participant is not None:
        return _read(txn, room, upto, limit, names.find(txn, participant) or 0)
    newest = _newest(txn, room)
    found = [thread for thread in newest if thread[1] <= upto][:limit]
    if len(found) == limit or len(newest) < KEPT:
        return found
    return _read(txn, room, upto, limit)


def _newest(txn: Transaction, room: int) -> Sequence[Found]:
    found: Sequence[Found] | None = txn.see(_cache(txn), room)
    if found is None:
        rows = txn.query(
            "SELECT root, newest FROM thread_roots WHERE room = ? ORDER BY newest DESC LIMIT ?",
            room,
            KEPT,
        )
        found = [(root, newest) for root, newest in rows]
        txn.fill(_cache(txn), room, found)
    return found


def _read(
    txn: Transaction, room: int, upto: int, limit: int, user: int | None = None
) -> Sequence[Found]:
    taking_part = """
        AND (EXISTS (SELECT 1 FROM relations WHERE relations.relates_to = thread_roots.root
            AND relations.rel_type = 'm.thread' AND relations.sender = ?)
        OR EXISTS (SELECT 1 FROM events WHERE events.event_id = thread_roots.root
            AND events.sender = ?))"""
    rows = txn.query(
        f"SELECT root, newest FROM thread_roots WHERE room = ? AND newest <= ? "
        f"{'' if user is None else taking_part} ORDER BY newest DESC LIMIT ?",
        room,
        upto,
        *(() if user is None else (user, user)),
        limit,
    )
    return [(root, newest) for root, newest in rows]


def _cache(txn: Transaction) -> Cache[int, Sequence[Found]]:
    return txn.memory.cache("threads", CACHE_BYTES, lambda _, found: 200 + 200 * len(found))
