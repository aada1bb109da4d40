"""The identity keys of devices, as JSON objects."""

from collections.abc import Collection, Iterable

import orjson
from attrs import frozen

from homeserver.json_values import JsonObject, encode
from homeserver.storage.transaction import Transaction

PORTION = 500


@frozen
class KnownDevice:
    """A device with keys; `keys` is their JSON."""

    device_id: str
    keys: str
    display_name: str | None


def find(txn: Transaction, user_id: str, device_id: str) -> JsonObject | None:
    row = txn.one(
        "SELECT keys FROM device_keys WHERE user_id = ? AND device_id = ?", user_id, device_id
    )
    return orjson.loads(row[0]) if row else None


def of_user(txn: Transaction, user_id: str) -> dict[str, JsonObject]:
    """Keys by device."""
    rows = txn.query("SELECT device_id, keys FROM device_keys WHERE user_id = ?", user_id)
    return {device_id: orjson.loads(keys) for device_id, keys in rows}


def of_users(txn: Transaction, user_ids: Collection[str]) -> dict[str, list[KnownDevice]]:
    """The devices of accounts that are here; those without devices have an empty list."""
    found: dict[str, list[KnownDevice]] = {}
    for portion in portions(user_ids):
        rows = txn.query(
            f"""
            SELECT accounts.user_id, devices.device_id, device_keys.keys, devices.display_name
            FROM accounts
            LEFT JOIN device_keys ON device_keys.user_id = accounts.user_id
            LEFT JOIN devices ON devices.user_id = device_keys.user_id
                AND devices.device_id = device_keys.device_id
            WHERE accounts.user_id IN ({txn.in_list(portion)})
            """,
            *portion,
        )
        for user_id, device_id, keys, display_name in rows:
            known = found.setdefault(user_id, [])
            if device_id is not None:
                known.append(KnownDevice(device_id, keys, display_name))
    return found


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


def remove(txn: Transaction, user_id: str, device_ids: Collection[str]) -> None:
    txn.execute(
        f"DELETE FROM device_keys WHERE user_id = ? AND device_id IN ({txn.in_list(device_ids)})",
        user_id,
        *device_ids,
    )


def portions(values: Iterable[str]) -> Iterable[list[str]]:
    """So many at once as one statement can take."""
    rest = list(values)
    for start in range(0, len(rest), PORTION):
        yield rest[start : start + PORTION]
