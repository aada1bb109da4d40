"""Which picture of the network a user or a room shows."""

from bridges.storage.database import Transaction


def shown(txn: Transaction, owner: str) -> str:
    """Empty for none."""
    row = txn.one("SELECT picture_id FROM pictures WHERE owner = ?", owner)
    return str(row[0]) if row else ""


def show(txn: Transaction, owner: str, picture_id: str) -> None:
    txn.execute(
        """
        INSERT INTO pictures (owner, picture_id) VALUES (?, ?)
        ON CONFLICT (owner) DO UPDATE SET picture_id = excluded.picture_id
        """,
        *(owner, picture_id),
    )
