"""What users of ours show of their devices, kept in memory as long as it is true."""

from collections.abc import Collection, Iterable
from typing import Any

from attrs import field, frozen

from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Transaction

PORTION = 500
CACHE_BYTES = 2 * 1024 * 1024


@frozen
class KnownDevice:
    """A device with keys; `keys` is their JSON."""

    device_id: str
    keys: str
    display_name: str | None


@frozen(eq=False)
class Published:
    """`signing` are the JSON texts of cross-signing keys, by usage.

    `rendered` is what was made of all devices, once: with their names, or without.
    """

    devices: list[KnownDevice] = field(factory=list)
    signing: dict[str, str] = field(factory=dict)
    rendered: dict[bool, Any] = field(factory=dict)


def of_users(txn: Transaction, user_ids: Collection[str]) -> dict[str, Published]:
    """For accounts that are here, with devices or without."""
    cache = _cache(txn)
    found: dict[str, Published] = {}
    unknown: list[str] = []
    for user_id in user_ids:
        published: Published | None = txn.see(cache, user_id)
        if published is None:
            unknown.append(user_id)
        else:
            found[user_id] = published
    for portion in portions(unknown):
        read = _read(txn, portion)
        for user_id, published in read.items():
            txn.fill(cache, user_id, published)
        found.update(read)
    return found


def forget(txn: Transaction, user_id: str) -> None:
    """For whoever changes keys, or names of devices."""
    txn.drop(_cache(txn), user_id)


def signing_keys(txn: Transaction, user_ids: Collection[str]) -> list[tuple[str, str, str]]:
    """User, usage and the JSON of cross-signing keys, of users here and elsewhere."""
    found: list[tuple[str, str, str]] = []
    for portion in portions(user_ids):
        rows = txn.query(
            f"""
            SELECT user_id, usage, key FROM cross_signing_keys
            WHERE user_id IN ({txn.in_list(portion)})
            """,
            *portion,
        )
        found += [(user_id, usage, key) for user_id, usage, key in rows]
    return found


def _read(txn: Transaction, user_ids: Collection[str]) -> dict[str, Published]:
    rows = txn.query(
        f"""
        SELECT accounts.user_id, devices.device_id, device_keys.keys, devices.display_name
        FROM accounts
        LEFT JOIN device_keys ON device_keys.user_id = accounts.user_id
        LEFT JOIN devices ON devices.user_id = device_keys.user_id
            AND devices.device_id = device_keys.device_id
        WHERE accounts.user_id IN ({txn.in_list(user_ids)})
        """,
        *user_ids,
    )
    found: dict[str, Published] = {}
    for user_id, device_id, keys, display_name in rows:
        published = found.setdefault(user_id, Published())
        if device_id is not None:
            published.devices.append(KnownDevice(device_id, keys, display_name))
    for user_id, usage, key in signing_keys(txn, found):
        found[user_id].signing[usage] = key
    return found


def portions(values: Iterable[str]) -> Iterable[list[str]]:
    """So many at once as one statement can take."""
    rest = list(values)
    for start in range(0, len(rest), PORTION):
        yield rest[start : start + PORTION]


def _cache(txn: Transaction) -> Cache[str, Published]:
    return txn.memory.cache("published_keys", CACHE_BYTES, _size)


def _size(user_id: str, published: Published) -> int:
    """Twice the texts: once read, once rendered."""
    devices = sum(500 + 2 * len(device.keys) for device in published.devices)
    return 500 + devices + sum(150 + len(key) for key in published.signing.values())
