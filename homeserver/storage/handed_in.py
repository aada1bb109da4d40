"""Events by users of other servers of which others hear from us: they came and went through us."""

from homeserver.changes import HandedIn
from homeserver.storage.transaction import Transaction


def add(txn: Transaction, room_id: str, event_id: str) -> None:
    position = txn.next_position()
    txn.insert("INSERT INTO handed_in (position, event_id) VALUES (?, ?)", position, event_id)
    txn.announce(HandedIn(position, room_id, event_id))


def between(txn: Transaction, after: int, upto: int) -> list[tuple[int, str]]:
    """Position and event id of those that were handed in in this part of the number line."""
    rows = txn.query(
        "SELECT position, event_id FROM handed_in WHERE position > ? AND position <= ? "
        "ORDER BY position",
        after,
        upto,
    )
    return [(position, event_id) for position, event_id in rows]


def forget(txn: Transaction, upto: int) -> None:
    """All others have heard of these, or it is written down who has not."""
    txn.execute("DELETE FROM handed_in WHERE position <= ?", upto)
