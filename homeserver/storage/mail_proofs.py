"""Addresses that somebody is still to prove, by a link in a letter."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen(kw_only=True)
class MailProof:
    """`secret` and `token` are hashes; `validated_ts` is when the link was followed."""

    id: str
    purpose: str
    address: str
    user_id: str
    secret: bytes
    attempt: int
    next_link: str
    token: bytes
    expires_ts: int
    validated_ts: int | None = None


COLUMNS = (
    "id, purpose, address, user_id, secret, attempt, next_link, token, expires_ts, validated_ts"
)


def add(txn: Transaction, it: MailProof, now_ms: int) -> None:
    txn.execute("DELETE FROM mail_proofs WHERE expires_ts <= ?", now_ms)
    txn.execute(
        f"INSERT INTO mail_proofs ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        it.id,
        it.purpose,
        it.address,
        it.user_id,
        it.secret,
        it.attempt,
        it.next_link,
        it.token,
        it.expires_ts,
        it.validated_ts,
    )


def find(txn: Transaction, id: str, now_ms: int) -> MailProof | None:
    return _of(txn, "id = ?", id, now_ms)


def of_token(txn: Transaction, token: bytes, now_ms: int) -> MailProof | None:
    return _of(txn, "token = ?", token, now_ms)


def asked_before(
    txn: Transaction, purpose: str, address: str, secret: bytes, now_ms: int
) -> MailProof | None:
    where = "purpose = ? AND address = ? AND secret = ?"
    return _of(txn, where, purpose, address, secret, now_ms)


def validated(txn: Transaction, id: str, token: bytes, now_ms: int) -> None:
    """The link has been followed; `token` takes the place of what it carried."""
    txn.execute(
        "UPDATE mail_proofs SET validated_ts = ?, token = ? WHERE id = ?", now_ms, token, id
    )


def remove(txn: Transaction, id: str) -> bool:
    return bool(txn.execute("DELETE FROM mail_proofs WHERE id = ?", id))


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM mail_proofs WHERE user_id = ?", user_id)


def delete_of_address(txn: Transaction, purpose: str, address: str) -> None:
    txn.execute("DELETE FROM mail_proofs WHERE purpose = ? AND address = ?", purpose, address)


def _of(txn: Transaction, where: str, *values: object) -> MailProof | None:
    """The last value is the time now."""
    row = txn.one(f"SELECT {COLUMNS} FROM mail_proofs WHERE {where} AND expires_ts > ?", *values)
    if row is None:
        return None
    return MailProof(
        id=row[0],
        purpose=row[1],
        address=row[2],
        user_id=row[3],
        secret=bytes(row[4]),
        attempt=row[5],
        next_link=row[6],
        token=bytes(row[7]),
        expires_ts=row[8],
        validated_ts=row[9],
    )
