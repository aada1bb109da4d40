"""Redactions that came before the events they aim at."""

from collections.abc import Sequence

from homeserver.storage.events import portions
from homeserver.storage.transaction import Transaction


def add(txn: Transaction, event_id: str, position: int) -> None:
    """The redaction at `position` aims at an event that we do not have yet."""
    txn.insert(
        "INSERT INTO early_redactions (event_id, position) VALUES (?, ?) ON CONFLICT DO NOTHING",
        event_id,
        position,
    )


def aimed_at(txn: Transaction, event_ids: Sequence[str]) -> set[str]:
    """Those of the events that a redaction waits for."""
    return {
        event_id
        for part in portions(event_ids)
        for (event_id,) in txn.query(
            f"SELECT event_id FROM early_redactions WHERE event_id IN ({txn.in_list(part)})", *part
        )
    }


def take(txn: Transaction, event_id: str) -> list[int]:
    """The positions of those that aim at this event; they wait no longer."""
    rows = txn.query("SELECT position FROM early_redactions WHERE event_id = ?", event_id)
    if rows:
        txn.execute("DELETE FROM early_redactions WHERE event_id = ?", event_id)
    return [position for (position,) in rows]
