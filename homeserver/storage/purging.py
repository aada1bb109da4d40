"""Deletes old messages, and what redacted ones said. State is never touched."""

from collections.abc import Collection
from itertools import takewhile

from attrs import frozen
from orjson import dumps

from homeserver.events.applying_redactions import redacted
from homeserver.storage import events, names, relations
from homeserver.storage.events import Stored
from homeserver.storage.search import Index
from homeserver.storage.transaction import Transaction

Place = tuple[int, int]
"""Of an event among those of its room by age: its time and its position."""


@frozen
class Portion:
    """Messages that are old enough, and where to go on if there may be more."""

    positions: list[int]
    reached: Place | None


def rooms(
    txn: Transaction, after: int, limit: int, types: Collection[str] = ()
) -> list[tuple[int, str]]:
    """Number and id of the next rooms that are held; with `types`, of those with such state."""
    of_types = f"""
        AND EXISTS (SELECT 1 FROM current_state WHERE current_state.room = rooms.room
            AND current_state.type IN ({txn.in_list(types)}))
        """
    rows = txn.query(
        f"""
        SELECT rooms.room, names.name FROM rooms JOIN names ON names.id = rooms.room
        WHERE rooms.room > ? AND rooms.state IS NOT NULL {of_types if types else ""}
        ORDER BY rooms.room LIMIT ?
        """,
        after,
        *(names.find(txn, type) or 0 for type in types),
        limit,
    )
    return [(room, room_id) for room, room_id in rows]


def old_messages(txn: Transaction, room: int, before_ts: int, after: Place, limit: int) -> Portion:
    rows = txn.query(
        """
        SELECT position, origin_server_ts FROM events
        WHERE room = ? AND origin_server_ts < ? AND state_key IS NULL
            AND origin_server_ts >= ? AND (origin_server_ts > ? OR position > ?)
        ORDER BY origin_server_ts, position LIMIT ?
        """,
        room,
        before_ts,
        after[0],
        *after,
        limit,
    )
    reached = (rows[-1][1], rows[-1][0]) if len(rows) == limit else None
    return Portion([position for position, _ in rows], reached)


def oldest_since(txn: Transaction, room_id: str, since_ts: int) -> int | None:
    """The time of the first message that is no older than that."""
    row = txn.one(
        """
        SELECT MIN(origin_server_ts) FROM events
        WHERE room = ? AND origin_server_ts >= ? AND state_key IS NULL
        """,
        names.find(txn, room_id) or 0,
        since_ts,
    )
    return None if row is None else row[0]


def messages_before(
    txn: Transaction, room: int, before: int, after: int, limit: int
) -> list[tuple[int, int]]:
    """Places and positions of messages between these places, in order."""
    rows = txn.query(
        """
        SELECT place, position FROM events
        WHERE room = ? AND place > ? AND place < ? AND state_key IS NULL
        ORDER BY place LIMIT ?
        """,
        room,
        after,
        before,
        limit,
    )
    return [(place, position) for place, position in rows]


def of_use(txn: Transaction, positions: Collection[int]) -> set[int]:
    """Those that redact an event that is kept."""
    if not positions:
        return set()
    rows = txn.query(
        f"""
        SELECT DISTINCT redaction FROM events
        WHERE redaction IN ({txn.in_list(positions)})
        """,
        *positions,
    )
    return {position for (position,) in rows}


def delete(txn: Transaction, room: int, found: Collection[Stored], index: Index) -> int:
    """Delete messages with all that is kept about them; about how many bytes that frees."""
    if not found:
        return 0
    counted = max(stored.counted for stored in found)
    freed = 0
    for stored in found:
        freed += len(dumps(stored.event.pdu)) + 200
        relations.delete(txn, stored.position)
        index.remove(txn, stored.position)
        txn.drop(txn.memory.events, stored.position)
        txn.drop(txn.memory.positions, stored.event.event_id)
    positions = [stored.position for stored in found]
    those = f"position IN ({txn.in_list(positions)})"
    txn.execute(f"DELETE FROM events WHERE {those}", *positions)
    txn.execute(f"DELETE FROM sticky_events WHERE {those}", *positions)
    txn.execute(f"DELETE FROM highlights WHERE room = ? AND {those}", room, *positions)
    txn.execute(
        """
        INSERT INTO purged_rooms (room, counted) VALUES (?, ?)
        ON CONFLICT (room) DO UPDATE SET counted = excluded.counted
        WHERE excluded.counted > purged_rooms.counted
        """,
        room,
        counted,
    )
    return freed


def empty(txn: Transaction, stored: Stored, index: Index) -> int:
    """Keep of an event only what its room needs; how many bytes that frees."""
    before = len(dumps(stored.event.pdu))
    kept = redacted(stored.event)
    after = dumps(kept.pdu).decode()
    txn.execute("UPDATE events SET json = ? WHERE position = ?", after, stored.position)
    txn.drop(txn.memory.events, stored.position)
    index.remove(txn, stored.position)
    return max(0, before - len(after))


def redacted_events(
    txn: Transaction, after: Place, before_ts: int, limit: int
) -> tuple[list[Stored], Place | None]:
    """The next events whose redactions are old enough, by redaction and position; and the place of
    the last of them.
    """
    rows = txn.query(
        """
        SELECT events.redaction, events.position, because.origin_server_ts FROM events
        JOIN events AS because ON because.position = events.redaction
        WHERE events.redaction >= ? AND (events.redaction > ? OR events.position > ?)
        ORDER BY events.redaction, events.position LIMIT ?
        """,
        after[0],
        *after,
        limit,
    )
    chosen = list(takewhile(lambda row: row[2] < before_ts, rows))
    found = events.at_all(txn, [position for _, position, _ in chosen])
    reached = (chosen[-1][0], chosen[-1][1]) if chosen else None
    return list(found.values()), reached
