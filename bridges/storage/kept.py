"""What sessions want to find again after a restart."""

from bridges.storage.database import Transaction

ALL = ""
"""In place of a login: what is kept for all of them."""


def keep(txn: Transaction, login_id: str, name: str, value: str) -> None:
    txn.execute(
        """
        INSERT INTO kept (login_id, name, value) VALUES (?, ?, ?)
        ON CONFLICT (login_id, name) DO UPDATE SET value = excluded.value
        """,
        *(login_id, name, value),
    )


def kept(txn: Transaction, login_id: str, name: str) -> str | None:
    row = txn.one("SELECT value FROM kept WHERE login_id = ? AND name = ?", login_id, name)
    return str(row[0]) if row else None


def forget(txn: Transaction, login_id: str) -> None:
    txn.execute("DELETE FROM kept WHERE login_id = ?", login_id)
