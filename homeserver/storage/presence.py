"""What outlives a restart of who is online."""

from attrs import frozen

from homeserver.changes import PresenceChanged
from homeserver.storage.transaction import Transaction


@frozen
class KeptPresence:
    """`last_active_ms` is 0 for a user who was never seen."""

    user_id: str
    state: str = "offline"
    status_msg: str | None = None
    last_active_ms: int = 0


def find(txn: Transaction, user_id: str) -> KeptPresence:
    row = txn.one(
        "SELECT user_id, state, status_msg, last_active FROM presence WHERE user_id = ?", user_id
    )
    return KeptPresence(user_id) if row is None else KeptPresence(*row)


def not_offline(txn: Transaction) -> list[KeptPresence]:
    rows = txn.query(
        "SELECT user_id, state, status_msg, last_active FROM presence WHERE state <> 'offline'"
    )
    return [KeptPresence(*row) for row in rows]


def save(txn: Transaction, user_id: str, state: str, last_active_ms: int) -> int:
    """Store how present a user is and make it known; its position. The status message stays."""
    position = txn.next_position()
    txn.insert(
        """
        INSERT INTO presence (user_id, position, state, last_active) VALUES (?, ?, ?, ?)
        ON CONFLICT (user_id) DO UPDATE SET position = excluded.position, state = excluded.state,
            last_active = excluded.last_active
        """,
        user_id,
        position,
        state,
        last_active_ms,
    )
    txn.announce(PresenceChanged(position, user_id))
    return position


def save_status(txn: Transaction, user_id: str, status_msg: str | None) -> None:
    """Of a user whose presence has been stored before."""
    txn.insert("UPDATE presence SET status_msg = ? WHERE user_id = ?", status_msg, user_id)


def delete(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM presence WHERE user_id = ?", user_id)
