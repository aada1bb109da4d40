"""Events that the timelines of rooms lack, and where they belong."""

from collections.abc import Iterable

from homeserver.storage.transaction import Transaction


def add(txn: Transaction, room: int, event_ids: Iterable[str], place: int) -> None:
    """They belong before the event at `place`; before the first of several."""
    for event_id in event_ids:
        txn.insert(
            """
            INSERT INTO missing_events (room, event_id, place) VALUES (?, ?, ?)
            ON CONFLICT (room, event_id) DO UPDATE SET place = excluded.place
            WHERE excluded.place < missing_events.place
            """,
            room,
            event_id,
            place,
        )


def remove(txn: Transaction, room: int, event_id: str) -> None:
    txn.insert("DELETE FROM missing_events WHERE room = ? AND event_id = ?", room, event_id)


def place_of(txn: Transaction, room: int, event_id: str) -> int | None:
    """Before which place the event belongs, if it is one of the missing."""
    row = txn.one(
        "SELECT place FROM missing_events WHERE room = ? AND event_id = ?", room, event_id
    )
    return None if row is None else int(row[0])


def newest_gap(txn: Transaction, room: int, upto: int) -> int | None:
    """The last place up to `upto` before which events are missing."""
    row = txn.one("SELECT MAX(place) FROM missing_events WHERE room = ? AND place <= ?", room, upto)
    return None if row is None or row[0] is None else int(row[0])


def gaps(txn: Transaction, room: int) -> list[int]:
    """The places before which events are missing, ascending."""
    rows = txn.query(
        "SELECT DISTINCT place FROM missing_events WHERE room = ? ORDER BY place", room
    )
    return [place for (place,) in rows]


def before(txn: Transaction, room: int, place: int, limit: int) -> list[str]:
    """The events that are missing just before this place."""
    rows = txn.query(
        "SELECT event_id FROM missing_events WHERE room = ? AND place = ? LIMIT ?",
        room,
        place,
        limit,
    )
    return [event_id for (event_id,) in rows]
