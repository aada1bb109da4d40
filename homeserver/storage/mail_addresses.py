"""Addresses of e-mail, and whose they are."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class MailAddress:
    address: str
    user_id: str
    validated_ts: int
    added_ts: int


COLUMNS = "address, user_id, validated_ts, added_ts"


def add(txn: Transaction, it: MailAddress) -> bool:
    """False if the address is somebody's already."""
    return bool(
        txn.execute(
            f"INSERT INTO mail_addresses ({COLUMNS}) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            it.address,
            it.user_id,
            it.validated_ts,
            it.added_ts,
        )
    )


def find(txn: Transaction, address: str) -> MailAddress | None:
    row = txn.one(f"SELECT {COLUMNS} FROM mail_addresses WHERE address = ?", address)
    return MailAddress(*row) if row else None


def of_user(txn: Transaction, user_id: str) -> list[MailAddress]:
    """The oldest first."""
    rows = txn.query(
        f"SELECT {COLUMNS} FROM mail_addresses WHERE user_id = ? ORDER BY added_ts, address",
        user_id,
    )
    return [MailAddress(*row) for row in rows]


def remove(txn: Transaction, user_id: str, address: str) -> bool:
    return bool(
        txn.execute(
            "DELETE FROM mail_addresses WHERE user_id = ? AND address = ?", user_id, address
        )
    )


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM mail_addresses WHERE user_id = ?", user_id)
