"""The identity keys of devices, as JSON objects."""

from collections.abc import Collection

import orjson

from homeserver.json_values import JsonObject, encode
from homeserver.storage import published_keys
from homeserver.storage.transaction import Transaction


def find(txn: Transaction, user_id: str, device_id: str) -> JsonObject | None:
    row = txn.one(
        "SELECT keys FROM device_keys WHERE user_id = ? AND device_id = ?", user_id, device_id
    )
    return orjson.loads(row[0]) if row else None


def of_user(txn: Transaction, user_id: str) -> dict[str, JsonObject]:
    """Keys by device."""
    rows = txn.query("SELECT device_id, keys FROM device_keys WHERE user_id = ?", user_id)
    return {device_id: orjson.loads(keys) for device_id, keys in rows}


def save(txn: Transaction, user_id: str, device_id: str, keys: JsonObject) -> None:
    txn.execute(
        """
        INSERT INTO device_keys (user_id, device_id, keys) VALUES (?, ?, ?)
        ON CONFLICT (user_id, device_id) DO UPDATE SET keys = excluded.keys
        """,
        user_id,
        device_id,
        encode(keys).decode(),
    )
    published_keys.forget(txn, user_id)


def remove(txn: Transaction, user_id: str, device_ids: Collection[str]) -> None:
    txn.execute(
        f"DELETE FROM device_keys WHERE user_id = ? AND device_id IN ({txn.in_list(device_ids)})",
        user_id,
        *device_ids,
    )
    published_keys.forget(txn, user_id)
