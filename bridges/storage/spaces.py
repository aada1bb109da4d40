"""The space of each login, and the rooms that were put into it."""

from bridges.storage.database import Transaction


def space_of(txn: Transaction, login_id: str) -> str | None:
    row = txn.one("SELECT room_id FROM spaces WHERE login_id = ?", login_id)
    return str(row[0]) if row else None


def save_space(txn: Transaction, login_id: str, room_id: str) -> None:
    txn.execute(
        """
        INSERT INTO spaces (login_id, room_id) VALUES (?, ?)
        ON CONFLICT (login_id) DO UPDATE SET room_id = excluded.room_id
        """,
        *(login_id, room_id),
    )


def has_child(txn: Transaction, login_id: str, room_id: str) -> bool:
    return (
        txn.one(
            "SELECT 1 FROM space_children WHERE login_id = ? AND room_id = ?", login_id, room_id
        )
        is not None
    )


def add_child(txn: Transaction, login_id: str, room_id: str) -> None:
    txn.execute(
        "INSERT INTO space_children (login_id, room_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        *(login_id, room_id),
    )


def take_child(txn: Transaction, room_id: str) -> list[str]:
    """The logins whose spaces had it."""
    rows = txn.execute("DELETE FROM space_children WHERE room_id = ? RETURNING login_id", room_id)
    return [login_id for (login_id,) in rows]
