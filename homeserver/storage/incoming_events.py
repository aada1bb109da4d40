"""Received events that their sender counts as delivered, though they still wait for their room."""

import orjson

from homeserver.events.event import Event
from homeserver.json_values import JsonObject
from homeserver.storage.transaction import Transaction


def add(txn: Transaction, origin: str, found: list[Event]) -> None:
    for event in found:
        txn.insert(
            """
            INSERT INTO incoming_events (event_id, origin, room_id, json) VALUES (?, ?, ?, ?)
            ON CONFLICT DO NOTHING
            """,
            event.event_id,
            origin,
            event.room_id,
            orjson.dumps(event.pdu).decode(),
        )


def remove(txn: Transaction, event_id: str) -> None:
    txn.insert("DELETE FROM incoming_events WHERE event_id = ?", event_id)


def all_waiting(txn: Transaction) -> list[tuple[str, str, JsonObject]]:
    """Origin, room id and PDU of each."""
    rows = txn.query("SELECT origin, room_id, json FROM incoming_events")
    return [(origin, room_id, orjson.loads(text)) for origin, room_id, text in rows]


def clear(txn: Transaction) -> None:
    txn.execute("DELETE FROM incoming_events")
