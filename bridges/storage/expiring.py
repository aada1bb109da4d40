"""Messages that disappear, and how long they stay in a room."""

from attrs import frozen

from bridges.storage.database import Transaction

AT_ONCE = 100


@frozen
class Expiring:
    event_id: str
    room_id: str
    due_ms: int


def add(txn: Transaction, one: Expiring) -> None:
    txn.execute(
        """
        INSERT INTO expiring (event_id, room_id, due_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
        """,
        *(one.event_id, one.room_id, one.due_ms),
    )


def next_due(txn: Transaction) -> list[Expiring]:
    rows = txn.execute(
        "SELECT event_id, room_id, due_ms FROM expiring ORDER BY due_ms LIMIT ?", AT_ONCE
    )
    return [Expiring(*row) for row in rows]


def remove(txn: Transaction, event_id: str) -> None:
    txn.execute("DELETE FROM expiring WHERE event_id = ?", event_id)


def set_timer(txn: Transaction, room_id: str, timer_ms: int) -> bool:
    """Whether it was another before."""
    if timer(txn, room_id) == timer_ms:
        return False
    txn.execute(
        """
        INSERT INTO timers (room_id, timer_ms) VALUES (?, ?)
        ON CONFLICT (room_id) DO UPDATE SET timer_ms = excluded.timer_ms
        """,
        *(room_id, timer_ms),
    )
    return True


def timer(txn: Transaction, room_id: str) -> int:
    """0: messages stay."""
    row = txn.one("SELECT timer_ms FROM timers WHERE room_id = ?", room_id)
    return int(row[0]) if row else 0
