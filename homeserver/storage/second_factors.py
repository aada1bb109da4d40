"""Secrets of second factors, and recovery codes by their hash."""

from collections.abc import Iterable

from attrs import frozen

from homeserver.storage import passkeys
from homeserver.storage.transaction import Transaction


@frozen
class Totp:
    """It counts once it is confirmed."""

    secret: bytes
    is_confirmed: bool
    last_step: int


def find(txn: Transaction, user_id: str) -> Totp | None:
    row = txn.one(
        "SELECT secret, is_confirmed, last_step FROM totp_secrets WHERE user_id = ?", user_id
    )
    return Totp(bytes(row[0]), bool(row[1]), row[2]) if row else None


def is_on(txn: Transaction, user_id: str) -> bool:
    """Whether the password alone is not enough for this account."""
    return has_totp(txn, user_id) or passkeys.has_any(txn, user_id)


def has_totp(txn: Transaction, user_id: str) -> bool:
    found = find(txn, user_id)
    return found is not None and found.is_confirmed


def tidy(txn: Transaction, user_id: str) -> None:
    """Recovery codes go with the last of what they stand for."""
    if not is_on(txn, user_id):
        remove(txn, user_id)


def save(txn: Transaction, user_id: str, totp: Totp) -> None:
    txn.execute(
        """
        INSERT INTO totp_secrets (user_id, secret, is_confirmed, last_step) VALUES (?, ?, ?, ?)
        ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret,
            is_confirmed = excluded.is_confirmed, last_step = excluded.last_step
        """,
        user_id,
        totp.secret,
        int(totp.is_confirmed),
        totp.last_step,
    )


def replace_codes(txn: Transaction, user_id: str, hashes: Iterable[bytes]) -> None:
    txn.execute("DELETE FROM recovery_codes WHERE user_id = ?", user_id)
    for hash in hashes:
        txn.execute("INSERT INTO recovery_codes (user_id, hash) VALUES (?, ?)", user_id, hash)


def take_code(txn: Transaction, user_id: str, hash: bytes) -> bool:
    """Whether it is one of theirs; it works no more."""
    return bool(
        txn.execute("DELETE FROM recovery_codes WHERE user_id = ? AND hash = ?", user_id, hash)
    )


def count_codes(txn: Transaction, user_id: str) -> int:
    row = txn.one("SELECT COUNT(*) FROM recovery_codes WHERE user_id = ?", user_id)
    return row[0] if row else 0


def remove_totp(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM totp_secrets WHERE user_id = ?", user_id)
    tidy(txn, user_id)


def remove(txn: Transaction, user_id: str) -> None:
    """All of them."""
    passkeys.delete_of_user(txn, user_id)
    txn.execute("DELETE FROM totp_secrets WHERE user_id = ?", user_id)
    txn.execute("DELETE FROM recovery_codes WHERE user_id = ?", user_id)
