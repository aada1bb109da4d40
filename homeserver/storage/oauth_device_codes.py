"""Devices without a browser that wait for consent. RFC 8628."""

from attrs import frozen

from homeserver.storage.transaction import Row, Transaction

COLUMNS = "hash, client_id, scope, expires_ts, polled_ts, user_id, is_denied"


@frozen
class DeviceCode:
    """`user_id` is who has agreed, or None until then."""

    hash: bytes
    client_id: str
    scope: str
    expires_ts: int
    polled_ts: int
    user_id: str | None
    is_denied: bool

    def waits_at(self, now_ms: int) -> bool:
        return self.expires_ts > now_ms and self.user_id is None and not self.is_denied


def add(txn: Transaction, code: DeviceCode, user_code: bytes, oldest_ts: int) -> None:
    """Store a code; those that expired before `oldest_ts` go."""
    txn.execute("DELETE FROM oauth_device_codes WHERE expires_ts < ?", oldest_ts)
    txn.execute(
        """
        INSERT INTO oauth_device_codes (hash, user_code, client_id, scope, expires_ts)
        VALUES (?, ?, ?, ?, ?)
        """,
        code.hash,
        user_code,
        code.client_id,
        code.scope,
        code.expires_ts,
    )


def find(txn: Transaction, hash: bytes) -> DeviceCode | None:
    row = txn.one(f"SELECT {COLUMNS} FROM oauth_device_codes WHERE hash = ?", hash)
    return device_code_of(row) if row else None


def by_user_code(txn: Transaction, user_code: bytes) -> DeviceCode | None:
    """By the hash of what the user reads off the device."""
    row = txn.one(f"SELECT {COLUMNS} FROM oauth_device_codes WHERE user_code = ?", user_code)
    return device_code_of(row) if row else None


def device_code_of(row: Row) -> DeviceCode:
    return DeviceCode(bytes(row[0]), row[1], row[2], row[3], row[4], row[5], bool(row[6]))


def polled(txn: Transaction, hash: bytes, now_ms: int) -> None:
    txn.execute("UPDATE oauth_device_codes SET polled_ts = ? WHERE hash = ?", now_ms, hash)


def decide(txn: Transaction, hash: bytes, user_id: str | None) -> bool:
    """Agree for a user, or deny for None; False if that has been decided before."""
    return bool(
        txn.execute(
            """
            UPDATE oauth_device_codes SET user_id = ?, is_denied = ?
            WHERE hash = ? AND user_id IS NULL AND is_denied = 0
            """,
            user_id,
            int(user_id is None),
            hash,
        )
    )


def remove(txn: Transaction, hash: bytes) -> None:
    txn.execute("DELETE FROM oauth_device_codes WHERE hash = ?", hash)


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM oauth_device_codes WHERE user_id = ?", user_id)
