"""The number line: every change takes the next place, and no place is ever given twice.

Places are counted in memory. What the database knows is a mark that lies ahead of them: after a
crash counting goes on behind the mark, because places beyond the newest row may already stand in
somebody's token.
"""

from homeserver.storage.transaction import Transaction

STEP = 100_000
MARGIN = 10_000


def start(txn: Transaction) -> int:
    """The place after which this process counts on."""
    row = txn.one("SELECT reserved FROM line")
    if row is None:
        txn.execute("INSERT INTO line (reserved) VALUES (0)")
        return 0
    return int(row[0])


def reserve(txn: Transaction, reserved: int) -> int:
    """Move the mark on before the places run out; the mark as it stands after the commit."""
    if txn.position + MARGIN <= reserved:
        return reserved
    moved = txn.position + STEP
    txn.execute("UPDATE line SET reserved = ?", moved)
    return moved
