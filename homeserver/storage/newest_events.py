"""The newest events of many rooms, read together."""

from collections.abc import Collection

from homeserver.storage import events
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction

_NEWEST = """
    WITH RECURSIVE newest (room, place, age) AS (
        SELECT rooms.room, (
            SELECT MAX(events.place) FROM events WHERE events.room = rooms.room
        ), 1
        FROM rooms WHERE rooms.room IN ({})
        UNION ALL
        SELECT newest.room, (
            SELECT MAX(events.place) FROM events
            WHERE events.room = newest.room AND events.place < newest.place
        ), newest.age + 1
        FROM newest WHERE newest.place IS NOT NULL AND newest.age < ?
    )
    SELECT newest.room, (
        SELECT events.position FROM events
        WHERE events.room = newest.room AND events.place = newest.place
    )
    FROM newest WHERE newest.place IS NOT NULL ORDER BY newest.place
    """


def newest_of(txn: Transaction, rooms: Collection[int]) -> dict[int, Stored]:
    """The newest event in the timeline of each of these rooms."""
    if not rooms:
        return {}
    rows = txn.query(
        f"""
        SELECT rooms.room, (
            SELECT events.position FROM events
            WHERE events.room = rooms.room AND events.place IS NOT NULL
            ORDER BY events.place DESC LIMIT 1
        )
        FROM rooms WHERE rooms.room IN ({txn.in_list(rooms)})
        """,
        *rooms,
    )
    positions = {room: position for room, position in rows if position is not None}
    found = events.at_all(txn, positions.values())
    return {room: found[position] for room, position in positions.items()}


def newest_of_each(txn: Transaction, rooms: Collection[int], count: int) -> dict[int, list[Stored]]:
    """The newest `count` events in the timeline of each of these rooms, oldest first.

    Step by step back along the index: PostgreSQL reads the whole table for a join on places.
    """
    found: dict[int, list[Stored]] = {room: [] for room in rooms}
    rows = [] if not rooms else txn.query(_NEWEST.format(txn.in_list(rooms)), *rooms, count)
    stored = events.at_all(txn, [position for _, position in rows])
    for room, position in rows:
        found[room].append(stored[position])
    return found
