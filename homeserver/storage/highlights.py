"""Whom an event highlights under default push rules: rows only for those who are mentioned."""

from collections.abc import Collection, Iterable

from homeserver.storage import names
from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Transaction

CACHE_BYTES = 1024 * 1024


def insert(
    txn: Transaction, room: int, position: int, user_ids: frozenset[str], everyone: bool
) -> None:
    for user_id in user_ids:
        txn.insert(
            "INSERT INTO highlights (room, position, user_id) VALUES (?, ?, ?)",
            room,
            position,
            names.intern(txn, user_id),
        )
    if everyone:
        txn.insert(
            "INSERT INTO highlights (room, position, user_id) VALUES (?, ?, NULL)", room, position
        )
    txn.put(_newest(txn), room, position)


def newest(txn: Transaction, room: int) -> int:
    """The position behind which nobody is highlighted in this room; kept in memory."""
    known: int | None = txn.see(_newest(txn), room)
    return _read_newest(txn, [room])[room] if known is None else known


def load_newest(txn: Transaction, rooms: Iterable[int]) -> None:
    """Take it into memory for many rooms, with one statement."""
    _read_newest(txn, [room for room in rooms if txn.see(_newest(txn), room) is None])


def _read_newest(txn: Transaction, rooms: Collection[int]) -> dict[int, int]:
    found = dict.fromkeys(rooms, 0)
    if rooms:
        rows = txn.query(
            f"""
            SELECT rooms.room, (
                SELECT MAX(position) FROM highlights WHERE highlights.room = rooms.room
            )
            FROM rooms WHERE rooms.room IN ({txn.in_list(rooms)})
            """,
            *rooms,
        )
        found.update((room, position or 0) for room, position in rows)
    for room, position in found.items():
        txn.fill(_newest(txn), room, position)
    return found


def positions(txn: Transaction, room: int, user_id: str, after: int, upto: int) -> list[int]:
    """Of the newest events in this part of a room that highlight a user, and are still whole."""
    if newest(txn, room) <= after:
        return []
    rows = txn.query(
        """
        SELECT highlights.position FROM highlights
        JOIN events ON events.position = highlights.position
        WHERE highlights.room = ? AND highlights.position > ? AND highlights.position <= ?
            AND (highlights.user_id = ? OR highlights.user_id IS NULL) AND events.redaction IS NULL
        ORDER BY highlights.position DESC LIMIT 1000
        """,
        room,
        after,
        upto,
        names.find(txn, user_id) or 0,
    )
    return [position for (position,) in rows]


def _newest(txn: Transaction) -> Cache[int, int]:
    return txn.memory.cache("newest_highlights", CACHE_BYTES, lambda _, __: 200)
