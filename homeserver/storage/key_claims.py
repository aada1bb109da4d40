"""How many times one-time keys were handed out."""

from homeserver.storage.transaction import Transaction


def counted(txn: Transaction) -> int:
    row = txn.one("SELECT counted FROM key_claims")
    return int(row[0]) if row else 0


def count_up(txn: Transaction) -> int:
    """The number of this time."""
    count = counted(txn) + 1
    set_counted(txn, count)
    return count


def set_counted(txn: Transaction, count: int) -> None:
    if not txn.execute("UPDATE key_claims SET counted = ?", count):
        txn.execute("INSERT INTO key_claims (counted) VALUES (?)", count)
