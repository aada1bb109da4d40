"""Passkeys: the public halves."""

from attrs import frozen

from homeserver.storage.transaction import Row, Transaction

COLUMNS = "id, user_id, public_key, counter, name, created_ts, used_ts"


@frozen
class Passkey:
    """`public_key` is a COSE key (RFC 9052) in CBOR."""

    id: bytes
    user_id: str
    public_key: bytes
    counter: int
    name: str
    created_ts: int
    used_ts: int | None = None


def add(txn: Transaction, it: Passkey) -> bool:
    """False if there is one of this id already."""
    return bool(
        txn.execute(
            f"INSERT INTO passkeys ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            it.id,
            it.user_id,
            it.public_key,
            it.counter,
            it.name,
            it.created_ts,
            it.used_ts,
        )
    )


def find(txn: Transaction, id: bytes) -> Passkey | None:
    row = txn.one(f"SELECT {COLUMNS} FROM passkeys WHERE id = ?", id)
    return _read(row) if row else None


def of_user(txn: Transaction, user_id: str) -> list[Passkey]:
    """The oldest first."""
    rows = txn.query(
        f"SELECT {COLUMNS} FROM passkeys WHERE user_id = ? ORDER BY created_ts, id", user_id
    )
    return [_read(row) for row in rows]


def has_any(txn: Transaction, user_id: str) -> bool:
    return txn.one("SELECT 1 FROM passkeys WHERE user_id = ? LIMIT 1", user_id) is not None


def use(txn: Transaction, id: bytes, counter: int, now_ms: int) -> None:
    txn.execute("UPDATE passkeys SET counter = ?, used_ts = ? WHERE id = ?", counter, now_ms, id)


def rename(txn: Transaction, user_id: str, id: bytes, name: str) -> bool:
    return bool(
        txn.execute("UPDATE passkeys SET name = ? WHERE user_id = ? AND id = ?", name, user_id, id)
    )


def remove(txn: Transaction, user_id: str, id: bytes) -> bool:
    return bool(txn.execute("DELETE FROM passkeys WHERE user_id = ? AND id = ?", user_id, id))


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM passkeys WHERE user_id = ?", user_id)


def _read(row: Row) -> Passkey:
    id, user_id, public_key, counter, name, created_ts, used_ts = row
    return Passkey(bytes(id), user_id, bytes(public_key), int(counter), name, created_ts, used_ts)
