"""State events by the one whose place they took."""

from attrs import evolve

from homeserver.storage import events
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction


def forget_shown(txn: Transaction, room: int, former: Stored) -> None:
    """What replaced this state event repeats its content: it must be written for clients anew."""
    rows = txn.query(
        "SELECT position FROM events WHERE room = ? AND place > ? AND replaces = ?",
        room,
        former.order,
        former.position,
    )
    for (position,) in rows:
        txn.put(txn.memory.events, position, evolve(events.at(txn, position), opened=None))
