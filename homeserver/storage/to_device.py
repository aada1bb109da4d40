"""Messages that wait for devices, in order of arrival."""

from collections.abc import Collection
from typing import Any

from attrs import define
from orjson import Fragment

from homeserver.changes import ToDeviceArrived
from homeserver.json_values import encode
from homeserver.storage.cache import Cache
from homeserver.storage.memory import Memory
from homeserver.storage.transaction import Transaction

MAX_WAITING = 10_000
"""For one device. Beyond it the oldest go: that device has been away for very long."""

CACHE_BYTES = 1024 * 1024


@define(eq=False)
class Arrival:
    """For a device; `content` is JSON."""

    user_id: str
    device_id: str
    content: bytes


def add(txn: Transaction, sender: str, type: str, arrivals: Collection[Arrival]) -> None:
    """Let messages of one sender wait for their devices."""
    if not arrivals:
        return
    begin = encode({"type": type, "sender": sender})[:-1] + b',"content":'
    for arrival in arrivals:
        user_id, device_id = arrival.user_id, arrival.device_id
        waiting = count(txn, user_id, device_id)
        if waiting >= MAX_WAITING:
            _drop_oldest(txn, user_id, device_id)
            waiting -= 1
        txn.insert(
            "INSERT INTO to_device (position, user_id, device_id, message) VALUES (?, ?, ?, ?)",
            txn.next_position(),
            user_id,
            device_id,
            (begin + arrival.content + b"}").decode(),
        )
        _set_count(txn, user_id, device_id, waiting + 1)
    devices = frozenset((arrival.user_id, arrival.device_id) for arrival in arrivals)
    txn.announce(ToDeviceArrived(txn.position, devices))


def waiting(
    txn: Transaction, user_id: str, device_id: str, after: int, upto: int, limit: int
) -> list[tuple[int, Fragment]]:
    """Position and event of what arrived in this part of the number line, oldest first."""
    if not count(txn, user_id, device_id):
        return []
    rows = txn.query(
        """
        SELECT position, message FROM to_device
        WHERE user_id = ? AND device_id = ? AND position > ? AND position <= ?
        ORDER BY position LIMIT ?
        """,
        user_id,
        device_id,
        after,
        upto,
        limit,
    )
    return [(position, Fragment(message)) for position, message in rows]


def delete_upto(txn: Transaction, user_id: str, device_id: str, position: int) -> int:
    """Forget what the device has got; how many messages that were."""
    before = count(txn, user_id, device_id)
    if not before:
        return 0
    gone = txn.execute(
        "DELETE FROM to_device WHERE user_id = ? AND device_id = ? AND position <= ?",
        user_id,
        device_id,
        position,
    )
    if gone:
        _set_count(txn, user_id, device_id, before - gone)
    return gone


def count(txn: Transaction, user_id: str, device_id: str) -> int:
    """How many messages wait; without SQL for devices that sync."""
    known: int | None = txn.see(_counts(txn), (user_id, device_id))
    if known is not None:
        return known
    row = txn.one(
        "SELECT COUNT(*) FROM to_device WHERE user_id = ? AND device_id = ?", user_id, device_id
    )
    number = int(row[0]) if row else 0
    txn.fill(_counts(txn), (user_id, device_id), number)
    return number


def known_count(memory: Memory, user_id: str, device_id: str) -> int | None:
    """How many messages wait, as of what is committed; None if memory does not know."""
    known: int | None = _cache(memory).get((user_id, device_id))
    return known


def is_repeated(txn: Transaction, device: str, type: str, txn_id: str, now_ms: int) -> bool:
    """Whether this request has been carried out before; if not, from now on it has."""
    row = txn.one(
        "SELECT 1 FROM to_device_requests WHERE device = ? AND type = ? AND txn_id = ?",
        device,
        type,
        txn_id,
    )
    if row is None:
        txn.insert(
            "INSERT INTO to_device_requests (device, type, txn_id, sent) VALUES (?, ?, ?, ?)",
            device,
            type,
            txn_id,
            now_ms,
        )
    return row is not None


def forget_requests(txn: Transaction, before_ms: int) -> None:
    """Nobody repeats a request that is so old. Once for all that are committed together."""
    txn.at_end(
        "to_device_requests",
        lambda txn: txn.insert("DELETE FROM to_device_requests WHERE sent < ?", before_ms),
    )


def _drop_oldest(txn: Transaction, user_id: str, device_id: str) -> None:
    row = txn.one(
        """
        SELECT position FROM to_device WHERE user_id = ? AND device_id = ?
        ORDER BY position LIMIT 1
        """,
        user_id,
        device_id,
    )
    if row is not None:
        delete_upto(txn, user_id, device_id, row[0])


def _set_count(txn: Transaction, user_id: str, device_id: str, number: int) -> None:
    txn.put(_counts(txn), (user_id, device_id), number)


def _counts(txn: Transaction) -> Cache[tuple[str, str], Any]:
    return _cache(txn.memory)


def _cache(memory: Memory) -> Cache[tuple[str, str], Any]:
    return memory.cache("to_device_counts", CACHE_BYTES, lambda _, __: 250)
