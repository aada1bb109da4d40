"""Numbers for what is named again and again: rooms, users, event types, state keys, devices."""

from collections.abc import Iterable

from homeserver.storage.transaction import Transaction


def intern(txn: Transaction, name: str) -> int:
    """The number of a name; a new name gets one."""
    known = find(txn, name)
    if known is not None:
        return known
    number = txn.next_position()
    txn.insert("INSERT INTO names (id, name) VALUES (?, ?)", number, name)
    txn.put(txn.memory.name_ids, name, number)
    txn.put(txn.memory.names, number, name)
    return number


def find(txn: Transaction, name: str) -> int | None:
    """The number of a name, if it has been seen."""
    known: int | None = txn.see(txn.memory.name_ids, name)
    if known is not None:
        return known
    if "\0" in name:
        return None  # PostgreSQL keeps no such text, so nothing has this name.
    row = txn.one("SELECT id FROM names WHERE name = ?", name)
    if row is None:
        return None
    number = int(row[0])
    txn.fill(txn.memory.name_ids, name, number)
    return number


def name_of(txn: Transaction, number: int) -> str:
    known: str | None = txn.see(txn.memory.names, number)
    if known is not None:
        return known
    row = txn.one("SELECT name FROM names WHERE id = ?", number)
    if row is None:
        raise KeyError(number)
    name = str(row[0])
    txn.fill(txn.memory.names, number, name)
    return name


def find_many(txn: Transaction, wanted: Iterable[str]) -> dict[str, int]:
    """The numbers of those names that have been seen."""
    found = {name: find(txn, name) for name in wanted}
    return {name: number for name, number in found.items() if number is not None}
