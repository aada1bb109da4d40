"""Numbers for what is named again and again: rooms, users, event types, state keys, devices."""

from collections.abc import Iterable

from homeserver.storage.transaction import Transaction

PORTION = 500


def intern(txn: Transaction, name: str) -> int:
    """The number of a name; a new name gets one."""
    known = find(txn, name)
    if known is not None:
        return known
    return _add(txn, name)


def _add(txn: Transaction, name: str) -> int:
    number = txn.next_position()
    txn.insert("INSERT INTO names (id, name) VALUES (?, ?)", number, name)
    txn.put(txn.memory.name_ids, name, number)
    txn.put(txn.memory.names, number, name)
    return number


def intern_all(txn: Transaction, wanted: Iterable[str]) -> None:
    """Give each new name its number: many together cost few statements."""
    unknown = [name for name in dict.fromkeys(wanted) if txn.see(txn.memory.name_ids, name) is None]
    for start in range(0, len(unknown), PORTION):
        part = unknown[start : start + PORTION]
        rows = txn.query(f"SELECT name, id FROM names WHERE name IN ({txn.in_list(part)})", *part)
        for name, number in rows:
            txn.fill(txn.memory.name_ids, name, number)
        known = {name for name, _ in rows}
        for name in part:
            if name not in known:
                _add(txn, name)


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


def names_of(txn: Transaction, numbers: Iterable[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    unknown: list[int] = []
    for number in set(numbers):
        name = txn.see(txn.memory.names, number)
        if name is None:
            unknown.append(number)
        else:
            found[number] = name
    for start in range(0, len(unknown), PORTION):
        part = unknown[start : start + PORTION]
        rows = txn.query(f"SELECT id, name FROM names WHERE id IN ({txn.in_list(part)})", *part)
        for number, name in rows:
            found[number] = name
            txn.fill(txn.memory.names, number, name)
    return found


def find_many(txn: Transaction, wanted: Iterable[str]) -> dict[str, int]:
    """The numbers of those names that have been seen."""
    found: dict[str, int] = {}
    unknown: list[str] = []
    for name in wanted:
        number = txn.see(txn.memory.name_ids, name)
        if number is not None:
            found[name] = number
        elif "\0" not in name:
            unknown.append(name)
    for start in range(0, len(unknown), PORTION):
        part = unknown[start : start + PORTION]
        rows = txn.query(f"SELECT name, id FROM names WHERE name IN ({txn.in_list(part)})", *part)
        for name, number in rows:
            found[name] = number
            txn.fill(txn.memory.name_ids, name, number)
    return found
