"""How many times one-time keys were handed out; memory knows, once it has been read."""

from typing import Any

from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Transaction

ONLY = "counted"


def counted(txn: Transaction) -> int:
    known: int | None = txn.see(_cache(txn), ONLY)
    if known is not None:
        return known
    row = txn.one("SELECT counted FROM key_claims")
    return int(row[0]) if row else 0


def count_up(txn: Transaction) -> int:
    """The number of this time."""
    count = counted(txn) + 1
    if txn.see(_cache(txn), ONLY) is None:
        set_counted(txn, count)
    else:
        txn.insert("UPDATE key_claims SET counted = ?", count)
        txn.put(_cache(txn), ONLY, count)
    return count


def set_counted(txn: Transaction, count: int) -> None:
    if not txn.execute("UPDATE key_claims SET counted = ?", count):
        txn.execute("INSERT INTO key_claims (counted) VALUES (?)", count)
    txn.put(_cache(txn), ONLY, count)


def _cache(txn: Transaction) -> Cache[str, Any]:
    return txn.memory.cache("key_claims", 1024, lambda _, __: 100)
