"""Encrypted rooms: what must be known of them, what was sealed, and what waits for its key."""

import json
from collections.abc import Iterable

from bridges.kit.json_values import JsonObject
from bridges.storage import outbox
from bridges.storage.database import Transaction
from bridges.storage.outbox import Departure

ENCRYPTION = "m.room.encryption"
FACTS = frozenset((ENCRYPTION, "m.room.history_visibility", "m.room.member"))
KEPT_SEALED = 5000
"""Beyond it the oldest are forgotten; each portal has one under way at a time."""


def rooms(txn: Transaction) -> list[str]:
    return [room_id for (room_id,) in txn.execute("SELECT room_id FROM encrypted_rooms")]


def is_learned(txn: Transaction, room_id: str) -> bool:
    """Whether all members are known."""
    row = txn.one("SELECT is_learned FROM encrypted_rooms WHERE room_id = ?", room_id)
    return row is not None and bool(row[0])


def note(txn: Transaction, events: Iterable[JsonObject]) -> set[str]:
    """State events as they come; the encrypted rooms of which something is new."""
    changed: set[str] = set()
    for event in events:
        room_id = event["room_id"]
        if event["type"] == ENCRYPTION:
            txn.execute(
                "INSERT INTO encrypted_rooms (room_id, is_learned) VALUES (?, 0)"
                " ON CONFLICT DO NOTHING",
                room_id,
            )
        elif not txn.one("SELECT 1 FROM encrypted_rooms WHERE room_id = ?", room_id):
            continue
        save_fact(txn, event)
        changed.add(room_id)
    return changed


def learn(txn: Transaction, room_id: str, events: Iterable[JsonObject]) -> None:
    """The whole state, as the homeserver has it now."""
    txn.execute(
        """
        INSERT INTO encrypted_rooms (room_id, is_learned) VALUES (?, 1)
        ON CONFLICT (room_id) DO UPDATE SET is_learned = 1
        """,
        room_id,
    )
    txn.execute("DELETE FROM room_facts WHERE room_id = ?", room_id)
    for event in events:
        save_fact(txn, event | {"room_id": room_id})


def save_fact(txn: Transaction, event: JsonObject) -> None:
    txn.execute(
        """
        INSERT INTO room_facts (room_id, type, state_key, content) VALUES (?, ?, ?, ?)
        ON CONFLICT (room_id, type, state_key) DO UPDATE SET content = excluded.content
        """,
        *(event["room_id"], event["type"], event["state_key"], json.dumps(event["content"])),
    )


def facts(txn: Transaction, room_id: str) -> list[JsonObject]:
    rows = txn.execute("SELECT type, state_key, content FROM room_facts WHERE room_id = ?", room_id)
    return [
        {"type": type, "state_key": state_key, "content": json.loads(content)}
        for type, state_key, content in rows
    ]


def find_sealed(txn: Transaction, room_id: str, transaction_id: str) -> JsonObject | None:
    row = txn.one(
        "SELECT content FROM sealed WHERE room_id = ? AND transaction_id = ?",
        *(room_id, transaction_id),
    )
    return json.loads(row[0]) if row else None


def keep_sealed(txn: Transaction, room_id: str, transaction_id: str, content: JsonObject) -> None:
    (place,) = txn.one("SELECT coalesce(max(place), 0) + 1 FROM sealed") or (1,)
    txn.execute(
        """
        INSERT INTO sealed (place, room_id, transaction_id, content) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        *(place, room_id, transaction_id, json.dumps(content)),
    )
    txn.execute("DELETE FROM sealed WHERE place <= ?", place - KEPT_SEALED)


def put_aside(txn: Transaction, departure: Departure, session_id: str) -> None:
    """Out of the queue until its key comes, so that nothing waits behind it."""
    event = departure.event
    txn.execute(
        """
        INSERT INTO unread (event_id, room_id, session_id, event) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        *(event["event_id"], event["room_id"], session_id, json.dumps(event)),
    )
    outbox.remove_departure(txn, departure)


def bring_back(txn: Transaction, room_id: str, session_id: str | None = None) -> None:
    """Into the queue again; all that waits in the room, or what waits for one key."""
    rows = txn.execute(
        "SELECT event FROM unread WHERE room_id = ? AND session_id = coalesce(?, session_id)",
        *(room_id, session_id),
    )
    outbox.add_events(txn, [json.loads(event) for (event,) in rows])


def rooms_with_unread(txn: Transaction) -> list[str]:
    return [room_id for (room_id,) in txn.execute("SELECT DISTINCT room_id FROM unread")]


def is_unread(txn: Transaction, event_id: str) -> bool:
    return txn.one("SELECT 1 FROM unread WHERE event_id = ?", event_id) is not None


def forget_unread(txn: Transaction, event_id: str) -> str:
    """The notice that said why it waited, if its sender was told."""
    row = txn.one("DELETE FROM unread WHERE event_id = ? RETURNING notice_id", event_id)
    return str(row[0]) if row else ""


def note_notice(txn: Transaction, event_id: str, notice_id: str) -> bool:
    """False if it does not wait any more."""
    return bool(
        txn.execute(
            "UPDATE unread SET notice_id = ? WHERE event_id = ? RETURNING event_id",
            *(notice_id, event_id),
        )
    )


def take_telling(txn: Transaction, event_id: str) -> bool:
    """Whether it still waits and nobody has been told; they count as told now."""
    return bool(
        txn.execute(
            "UPDATE unread SET is_told = 1 WHERE event_id = ? AND is_told = 0 RETURNING event_id",
            event_id,
        )
    )
