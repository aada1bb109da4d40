"""Gateways that did not take what they were told, and when they are asked again."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class Pause:
    """`wait_ms` is how long the last wait is; the next one is longer."""

    since_ts: int
    retry_ts: int
    wait_ms: int


def all(txn: Transaction) -> dict[str, Pause]:
    rows = txn.query("SELECT name, since_ts, retry_ts, wait_ms FROM push_pauses")
    return {name: Pause(*times) for name, *times in rows}


def forget(txn: Transaction, before_ts: int) -> None:
    """Those whom nobody has asked again since that time: nothing waits for them any more."""
    txn.execute("DELETE FROM push_pauses WHERE retry_ts < ?", before_ts)


def save(txn: Transaction, name: str, pause: Pause) -> None:
    txn.insert(
        """
        INSERT INTO push_pauses (name, since_ts, retry_ts, wait_ms) VALUES (?, ?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET since_ts = excluded.since_ts,
            retry_ts = excluded.retry_ts, wait_ms = excluded.wait_ms
        """,
        name,
        pause.since_ts,
        pause.retry_ts,
        pause.wait_ms,
    )


def delete(txn: Transaction, name: str) -> None:
    txn.execute("DELETE FROM push_pauses WHERE name = ?", name)
