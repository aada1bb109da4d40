"""Devices that sleep on the server: at most one for each user."""

from collections.abc import Collection

import orjson
from attrs import frozen

from homeserver.json_values import JsonObject, encode
from homeserver.storage.transaction import Transaction


@frozen
class DehydratedDevice:
    device_id: str
    data: JsonObject


def find(txn: Transaction, user_id: str) -> DehydratedDevice | None:
    row = txn.one(
        "SELECT device_id, device_data FROM dehydrated_devices WHERE user_id = ?", user_id
    )
    return DehydratedDevice(row[0], orjson.loads(row[1])) if row else None


def save(txn: Transaction, user_id: str, device: DehydratedDevice) -> None:
    txn.execute(
        """
        INSERT INTO dehydrated_devices (user_id, device_id, device_data) VALUES (?, ?, ?)
        ON CONFLICT (user_id)
        DO UPDATE SET device_id = excluded.device_id, device_data = excluded.device_data
        """,
        user_id,
        device.device_id,
        encode(device.data).decode(),
    )


def remove(txn: Transaction, user_id: str, device_ids: Collection[str]) -> None:
    """If it is one of these devices."""
    txn.execute(
        f"""
        DELETE FROM dehydrated_devices
        WHERE user_id = ? AND device_id IN ({txn.in_list(device_ids)})
        """,
        user_id,
        *device_ids,
    )
