"""Random keys of this server that nobody else needs: made when they are first asked for."""

from homeserver.storage.transaction import Transaction


def find(txn: Transaction, name: str) -> bytes | None:
    row = txn.one("SELECT value FROM server_secrets WHERE name = ?", name)
    return None if row is None else bytes(row[0])


def keep(txn: Transaction, name: str, value: bytes) -> bytes:
    """The secret of this name: the one that is there already, else this one."""
    known = find(txn, name)
    if known is not None:
        return known
    txn.execute("INSERT INTO server_secrets (name, value) VALUES (?, ?)", name, value)
    return value
