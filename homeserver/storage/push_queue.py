"""What each pusher still has to be told: a row for each notification, gone once it is told."""

from collections.abc import Collection, Iterable

from attrs import frozen

from homeserver.json_values import JsonObject, decode, encode
from homeserver.storage.transaction import Transaction

MAX_WAITING = 5000
"""For one pusher; where more wait, the newest stay."""


@frozen
class Waiting:
    """`event` is the position of the event; `position` orders what one pusher is told."""

    position: int
    event: int
    tweaks: JsonObject
    since_ts: int


def add(
    txn: Transaction, pushers: Iterable[int], event: int, tweaks: JsonObject, now_ms: int
) -> None:
    text = encode(tweaks).decode()
    position = txn.next_position()
    for pusher in pushers:
        txn.insert(
            """
            INSERT INTO push_queue (pusher, position, event, tweaks, since_ts)
            VALUES (?, ?, ?, ?, ?)
            """,
            pusher,
            position,
            event,
            text,
            now_ms,
        )


def first(txn: Transaction, pusher: int, limit: int) -> list[Waiting]:
    rows = txn.query(
        """
        SELECT position, event, tweaks, since_ts FROM push_queue WHERE pusher = ?
        ORDER BY position LIMIT ?
        """,
        pusher,
        limit,
    )
    return [Waiting(position, event, decode(text), ts) for position, event, text, ts in rows]


def remove(txn: Transaction, pusher: int, positions: Collection[int]) -> None:
    for position in positions:
        txn.insert("DELETE FROM push_queue WHERE pusher = ? AND position = ?", pusher, position)


def cut(txn: Transaction, pusher: int) -> None:
    """Let the oldest go where too much waits."""
    txn.execute(
        """
        DELETE FROM push_queue WHERE pusher = ? AND position <= (
            SELECT position FROM push_queue WHERE pusher = ?
            ORDER BY position DESC LIMIT 1 OFFSET ?
        )
        """,
        pusher,
        pusher,
        MAX_WAITING,
    )


def pushers(txn: Transaction) -> list[int]:
    """Those for whom anything waits."""
    return [pusher for (pusher,) in txn.query("SELECT DISTINCT pusher FROM push_queue")]


def oldest_ts(txn: Transaction) -> int | None:
    """Since when the oldest of all has been waiting."""
    row = txn.one("SELECT MIN(since_ts) FROM push_queue")
    return None if row is None else row[0]
