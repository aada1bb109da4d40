"""Places in rooms that were left free for history, which is brought newest first."""

from homeserver.storage.transaction import Transaction


def reserve(txn: Transaction, room: int, count: int) -> None:
    """Leave the next places of the number line free."""
    start = txn.position + 1
    txn.skip_positions(count)
    txn.insert(
        "INSERT INTO history_places (room, start, upto) VALUES (?, ?, ?)",
        room,
        start,
        start + count,
    )


def take(txn: Transaction, room: int, count: int) -> int | None:
    """The first of so many places, the last ones that are still free; None if there are fewer."""
    row = txn.one("SELECT start, upto FROM history_places WHERE room = ?", room)
    if row is None or row[1] - row[0] < count:
        return None
    first = int(row[1]) - count
    txn.insert("UPDATE history_places SET upto = ? WHERE room = ?", first, room)
    return first
