"""When a mailbox got its last letter, and how long it has rest after that."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class Rhythm:
    last_ts: int
    wait_ms: int


def find(txn: Transaction, pusher: int) -> Rhythm | None:
    row = txn.one("SELECT last_ts, wait_ms FROM mail_rhythms WHERE pusher = ?", pusher)
    return None if row is None else Rhythm(*row)


def save(txn: Transaction, pusher: int, rhythm: Rhythm) -> None:
    txn.insert(
        """
        INSERT INTO mail_rhythms (pusher, last_ts, wait_ms) VALUES (?, ?, ?)
        ON CONFLICT (pusher) DO UPDATE SET last_ts = excluded.last_ts, wait_ms = excluded.wait_ms
        """,
        pusher,
        rhythm.last_ts,
        rhythm.wait_ms,
    )
