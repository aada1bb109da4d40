"""Names that this server gives to rooms."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class Alias:
    """`creator` is the user who made it."""

    alias: str
    room_id: str
    creator: str


def find(txn: Transaction, alias: str) -> Alias | None:
    row = txn.one("SELECT alias, room_id, creator FROM aliases WHERE alias = ?", alias)
    return Alias(*row) if row else None


def of_room(txn: Transaction, room_id: str) -> list[str]:
    rows = txn.query("SELECT alias FROM aliases WHERE room_id = ? ORDER BY alias", room_id)
    return [alias for (alias,) in rows]


def insert(txn: Transaction, new: Alias) -> bool:
    """False if the name is taken."""
    return bool(
        txn.execute(
            "INSERT INTO aliases (alias, room_id, creator) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            new.alias,
            new.room_id,
            new.creator,
        )
    )


def delete(txn: Transaction, alias: str) -> None:
    txn.insert("DELETE FROM aliases WHERE alias = ?", alias)


def move(txn: Transaction, old_room_id: str, new_room_id: str) -> None:
    txn.insert("UPDATE aliases SET room_id = ? WHERE room_id = ?", new_room_id, old_room_id)
