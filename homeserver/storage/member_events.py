"""Memberships as they were once, by who is concerned; read from all events, so not often."""

from homeserver.storage import events, names
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction

MEMBER = "m.room.member"


def by_sender(txn: Transaction, user_id: str, since_ts: int) -> list[Stored]:
    """What somebody did to the memberships of others."""
    return [it for it in _find(txn, "sender", user_id, since_ts) if it.event.state_key != user_id]


def of_target(txn: Transaction, user_id: str, since_ts: int) -> list[Stored]:
    """What became of somebody's own."""
    return _find(txn, "state_key", user_id, since_ts)


def _find(txn: Transaction, column: str, user_id: str, since_ts: int) -> list[Stored]:
    user = names.find(txn, user_id)
    rows = txn.query(
        f"""
        SELECT position FROM events
        WHERE type = ? AND {column} = ? AND origin_server_ts >= ? AND standing = 0
        """,
        names.find(txn, MEMBER) or 0,
        user or 0,
        since_ts,
    )
    return list(events.at_all(txn, [position for (position,) in rows]).values())
