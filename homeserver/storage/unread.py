"""What the log says about unread messages: counts without a row for each member."""

from homeserver.storage import names
from homeserver.storage.transaction import Transaction


def counted_upto(txn: Transaction, room: int, place: int) -> int:
    """How many events of a room up to this place notify ordinary members."""
    row = txn.one(
        "SELECT counted FROM events WHERE room = ? AND place <= ? ORDER BY place DESC LIMIT 1",
        room,
        place,
    )
    return int(row[0]) if row else 0


def newest_own(txn: Transaction, room: int, user_id: str, after: int) -> int:
    """The place of the user's newest message behind `after`, or `after` itself."""
    row = txn.one(
        "SELECT MAX(place) FROM events "
        "WHERE room = ? AND place > ? AND sender = ? AND state_key IS NULL",
        room,
        after,
        names.find(txn, user_id) or 0,
    )
    return int(row[0]) if row and row[0] is not None else after


def in_threads(
    txn: Transaction, room: int, user_id: str, after: int, upto: int
) -> list[tuple[str, int]]:
    """(thread root, position) of events in threads that notify ordinary members, by others."""
    return [
        (root, position)
        for root, position in txn.query(
            "SELECT relates_to, position FROM relations WHERE room = ? AND rel_type = 'm.thread' "
            "AND position > ? AND position <= ? AND counted = 1 AND sender <> ? LIMIT 1000",
            room,
            after,
            upto,
            names.find(txn, user_id) or 0,
        )
    ]
