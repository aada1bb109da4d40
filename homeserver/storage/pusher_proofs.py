"""With what a pusher that waits for its activation is activated: only a hash of it is kept."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class Proof:
    hash: bytes
    expires_ts: int


def save(txn: Transaction, pusher: int, proof: Proof) -> None:
    """In the place of an older one."""
    txn.execute(
        """
        INSERT INTO pusher_proofs (pusher, hash, expires_ts) VALUES (?, ?, ?)
        ON CONFLICT (pusher) DO UPDATE SET hash = excluded.hash, expires_ts = excluded.expires_ts
        """,
        pusher,
        proof.hash,
        proof.expires_ts,
    )


def find(txn: Transaction, pusher: int) -> Proof | None:
    row = txn.one("SELECT hash, expires_ts FROM pusher_proofs WHERE pusher = ?", pusher)
    return None if row is None else Proof(bytes(row[0]), row[1])


def delete(txn: Transaction, pusher: int) -> None:
    txn.execute("DELETE FROM pusher_proofs WHERE pusher = ?", pusher)
