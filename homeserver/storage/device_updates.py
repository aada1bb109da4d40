"""What other servers were told of our users' devices. Spec: `m.device_list_update`."""

from collections.abc import Iterable

from attrs import frozen

from homeserver.storage.transaction import Transaction

SIGNING_KEYS = ""
"""In the place of a device id: the user's cross-signing keys."""

GONE = ""
"""The content of a device that was deleted."""


@frozen
class DeviceUpdate:
    """`position` is its stream id, `previous` that of the user's update before it.

    `content` is JSON: the device's display name and keys.
    """

    position: int
    user_id: str
    device_id: str
    previous: int | None
    content: str


def told(txn: Transaction, user_id: str) -> dict[str, str]:
    """The newest content of each device, the deleted ones too."""
    rows = txn.query(
        "SELECT device_id, content FROM device_updates WHERE user_id = ? ORDER BY position",
        user_id,
    )
    return dict(rows)


def stream_id(txn: Transaction, user_id: str) -> int | None:
    """Of the user's newest update: what answers to GET /user/devices name."""
    row = txn.one(
        "SELECT MAX(position) FROM device_updates WHERE user_id = ? AND device_id <> ?",
        user_id,
        SIGNING_KEYS,
    )
    return None if row is None or row[0] is None else int(row[0])


def add(txn: Transaction, user_id: str, device_id: str, content: str) -> int:
    """A further update; its position. The device's earlier ones are kept for who lags."""
    previous = stream_id(txn, user_id)
    position = txn.next_position()
    txn.insert(
        """
        INSERT INTO device_updates (position, user_id, device_id, previous, content)
        VALUES (?, ?, ?, ?, ?)
        """,
        position,
        user_id,
        device_id,
        previous,
        content,
    )
    return position


def at(txn: Transaction, positions: Iterable[int]) -> list[DeviceUpdate]:
    """In order; without those that have been forgotten."""
    positions = list(positions)
    if not positions:
        return []
    rows = txn.query(
        f"""
        SELECT position, user_id, device_id, previous, content FROM device_updates
        WHERE position IN ({txn.in_list(positions)}) ORDER BY position
        """,
        *positions,
    )
    return [DeviceUpdate(*row) for row in rows]


def prune(txn: Transaction) -> None:
    """Forget updates that nobody waits for, but not the newest of a device."""
    txn.execute(
        """
        DELETE FROM device_updates WHERE position NOT IN (
            SELECT MAX(position) FROM device_updates GROUP BY user_id, device_id
        ) AND position NOT IN (SELECT subject FROM outgoing WHERE kind = 3)
        """
    )
