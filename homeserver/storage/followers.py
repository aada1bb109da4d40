"""Up to where each follower of the number line has come."""

from homeserver.storage.transaction import Transaction


def place(txn: Transaction, name: str) -> int | None:
    """None for a follower that has never saved a place."""
    row = txn.one("SELECT place FROM followers WHERE name = ?", name)
    return None if row is None else int(row[0])


def save(txn: Transaction, name: str, place: int) -> None:
    txn.insert(
        """
        INSERT INTO followers (name, place) VALUES (?, ?)
        ON CONFLICT (name) DO UPDATE SET place = excluded.place
        """,
        name,
        place,
    )
