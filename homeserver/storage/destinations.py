"""Servers that do not answer."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class Silence:
    """Since when a server has been silent, when it may be asked again, and the wait until then."""

    since_ts: int
    retry_ts: int
    wait_ms: int


def silent(txn: Transaction) -> dict[str, Silence]:
    rows = txn.query("SELECT server_name, since_ts, retry_ts, wait_ms FROM silent_destinations")
    return {server: Silence(*row) for server, *row in rows}


def note_silence(txn: Transaction, server: str, silence: Silence) -> None:
    txn.insert(
        """
        INSERT INTO silent_destinations (server_name, since_ts, retry_ts, wait_ms)
        VALUES (?, ?, ?, ?)
        ON CONFLICT (server_name) DO UPDATE SET
            since_ts = excluded.since_ts,
            retry_ts = excluded.retry_ts,
            wait_ms = excluded.wait_ms
        """,
        server,
        silence.since_ts,
        silence.retry_ts,
        silence.wait_ms,
    )


def forget_abandoned(txn: Transaction, before_ts: int) -> None:
    """Servers that could have been asked again since then, but nobody wanted to."""
    txn.execute("DELETE FROM silent_destinations WHERE retry_ts < ?", before_ts)


def end_silence(txn: Transaction, server: str) -> None:
    txn.insert("DELETE FROM silent_destinations WHERE server_name = ?", server)
