"""Names that this server gives to rooms."""

from attrs import frozen

from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Transaction

CACHE_BYTES = 512 * 1024


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


def known_of_room(txn: Transaction, room_id: str) -> tuple[str, ...]:
    """The same from memory, for those who ask for every event."""
    cache = _of_rooms(txn)
    known: tuple[str, ...] | None = txn.see(cache, room_id)
    if known is None:
        known = tuple(of_room(txn, room_id))
        txn.fill(cache, room_id, known)
    return known


def insert(txn: Transaction, new: Alias) -> bool:
    """False if the name is taken."""
    txn.drop(_of_rooms(txn), new.room_id)
    return bool(
        txn.execute(
            "INSERT INTO aliases (alias, room_id, creator) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            new.alias,
            new.room_id,
            new.creator,
        )
    )


def delete(txn: Transaction, alias: str) -> None:
    if (found := find(txn, alias)) is not None:
        txn.drop(_of_rooms(txn), found.room_id)
    txn.insert("DELETE FROM aliases WHERE alias = ?", alias)


def move(txn: Transaction, old_room_id: str, new_room_id: str) -> None:
    for room_id in (old_room_id, new_room_id):
        txn.drop(_of_rooms(txn), room_id)
    txn.insert("UPDATE aliases SET room_id = ? WHERE room_id = ?", new_room_id, old_room_id)


def _of_rooms(txn: Transaction) -> Cache[str, tuple[str, ...]]:
    return txn.memory.cache(
        "aliases_of_rooms", CACHE_BYTES, lambda _, found: 150 + 100 * len(found)
    )
