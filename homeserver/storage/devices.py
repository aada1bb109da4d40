"""Devices of users, and when somebody's list of devices changed last."""

from collections.abc import Collection, Iterable

from attrs import frozen

from homeserver.changes import DeviceListChanged
from homeserver.http.client_addresses import address_key
from homeserver.storage import published_keys
from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Transaction

CACHE_BYTES = 1024 * 1024


@frozen
class Device:
    """What is known of a device; times are milliseconds since 1970."""

    device_id: str
    display_name: str | None
    created_ts: int
    last_seen_ts: int | None
    last_seen_ip: str | None
    last_seen_user_agent: str | None = None


@frozen
class Sighting:
    """A device in use."""

    user_id: str
    device_id: str
    ts: int
    ip: str
    user_agent: str


def add(
    txn: Transaction, user_id: str, device_id: str, display_name: str | None, now_ms: int
) -> bool:
    """Store a new device; False if the user has it already."""
    txn.drop(_ids(txn), user_id)
    return bool(
        txn.execute(
            """
            INSERT INTO devices (user_id, device_id, display_name, created_ts)
            VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            user_id,
            device_id,
            display_name,
            now_ms,
        )
    )


def exists(txn: Transaction, user_id: str, device_id: str) -> bool:
    return device_id in ids_of_user(txn, user_id)


def of_user(txn: Transaction, user_id: str) -> list[Device]:
    """All devices, the oldest first."""
    rows = txn.query(
        """
        SELECT device_id, display_name, created_ts, last_seen_ts, last_seen_ip, last_seen_user_agent
        FROM devices WHERE user_id = ? ORDER BY created_ts, device_id
        """,
        user_id,
    )
    return [Device(*row) for row in rows]


def were_seen_at(txn: Transaction, user_id: str, address: str) -> bool:
    """Whether a device of this user was used from an address that begins like this one."""
    rows = txn.query(
        "SELECT last_seen_ip FROM devices WHERE user_id = ? AND last_seen_ip IS NOT NULL", user_id
    )
    return any(address and address_key(row[0]) == address for row in rows)


def ids_of_user(txn: Transaction, user_id: str) -> list[str]:
    return ids_of_users(txn, (user_id,)).get(user_id, [])


def ids_of_users(txn: Transaction, user_ids: Collection[str]) -> dict[str, list[str]]:
    """Only users with devices; without SQL for those whose devices were asked for lately."""
    found: dict[str, list[str]] = {}
    unknown: dict[str, list[str]] = {}
    for user_id in user_ids:
        known: list[str] | None = txn.see(_ids(txn), user_id)
        if known is None:
            unknown[user_id] = []
        elif known:
            found[user_id] = known
    if unknown:
        rows = txn.query(
            f"SELECT user_id, device_id FROM devices WHERE user_id IN ({txn.in_list(unknown)})",
            *unknown,
        )
        for user_id, device_id in rows:
            unknown[user_id].append(device_id)
        for user_id, ids in unknown.items():
            txn.fill(_ids(txn), user_id, ids)
            if ids:
                found[user_id] = ids
    return found


def find(txn: Transaction, user_id: str, device_id: str) -> Device | None:
    row = txn.one(
        """
        SELECT device_id, display_name, created_ts, last_seen_ts, last_seen_ip, last_seen_user_agent
        FROM devices WHERE user_id = ? AND device_id = ?
        """,
        user_id,
        device_id,
    )
    return Device(*row) if row else None


def rename(txn: Transaction, user_id: str, device_id: str, display_name: str) -> None:
    txn.execute(
        "UPDATE devices SET display_name = ? WHERE user_id = ? AND device_id = ?",
        display_name,
        user_id,
        device_id,
    )
    published_keys.forget(txn, user_id)


def remove(txn: Transaction, user_id: str, device_ids: Collection[str]) -> int:
    """Delete devices; how many there were."""
    if not device_ids:
        return 0
    txn.drop(_ids(txn), user_id)
    return txn.execute(
        f"DELETE FROM devices WHERE user_id = ? AND device_id IN ({txn.in_list(device_ids)})",
        user_id,
        *device_ids,
    )


def least_recently_used(txn: Transaction, user_id: str, keep: int) -> list[str]:
    """All devices but the `keep` that were used, or else made, last."""
    rows = txn.query(
        """
        SELECT device_id FROM devices WHERE user_id = ?
        ORDER BY COALESCE(last_seen_ts, created_ts) DESC, created_ts DESC LIMIT 1000 OFFSET ?
        """,
        user_id,
        keep,
    )
    return [row[0] for row in rows]


def see(txn: Transaction, sightings: Iterable[Sighting]) -> None:
    txn.execute_many(
        """
        UPDATE devices SET last_seen_ts = ?, last_seen_ip = ?, last_seen_user_agent = ?
        WHERE user_id = ? AND device_id = ?
        """,
        [(seen.ts, seen.ip, seen.user_agent, seen.user_id, seen.device_id) for seen in sightings],
    )


def _ids(txn: Transaction) -> Cache[str, list[str]]:
    return txn.memory.cache("device_ids", CACHE_BYTES, lambda _, ids: 250 + 80 * len(ids))


# -- lists of devices


def list_changed(txn: Transaction, user_id: str) -> None:
    """Those who share a room with the user must fetch the list, or the keys in it, again."""
    position = txn.next_position()
    txn.execute(
        """
        INSERT INTO device_lists (user_id, position) VALUES (?, ?)
        ON CONFLICT (user_id) DO UPDATE SET position = excluded.position
        """,
        user_id,
        position,
    )
    txn.announce(DeviceListChanged(position, user_id))


def list_position(txn: Transaction, user_id: str) -> int:
    """Where the user's list changed last; 0 if it never did."""
    row = txn.one("SELECT position FROM device_lists WHERE user_id = ?", user_id)
    return int(row[0]) if row else 0


def changed_lists(txn: Transaction, after: int, until: int) -> list[str]:
    """Users whose list changed after one place, and has not changed again behind the other."""
    rows = txn.query(
        "SELECT user_id FROM device_lists WHERE position > ? AND position <= ?", after, until
    )
    return [row[0] for row in rows]
