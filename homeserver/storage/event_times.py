"""Events by the time that their senders wrote on them."""

from homeserver.storage.transaction import Transaction

Found = tuple[int, int]
"""(origin_server_ts, position)."""


def earlier(txn: Transaction, room: int, at: Found, limit: int) -> list[Found]:
    """Timeline events before `at`, the closest first."""
    rows = txn.query(
        """
        SELECT origin_server_ts, position FROM events
        WHERE room = ? AND origin_server_ts <= ? AND (origin_server_ts < ? OR position < ?)
            AND place IS NOT NULL
        ORDER BY origin_server_ts DESC, position DESC LIMIT ?
        """,
        room,
        at[0],
        at[0],
        at[1],
        limit,
    )
    return [(ts, position) for ts, position in rows]


def later(txn: Transaction, room: int, at: Found, limit: int) -> list[Found]:
    """Timeline events behind `at`, the closest first."""
    rows = txn.query(
        """
        SELECT origin_server_ts, position FROM events
        WHERE room = ? AND origin_server_ts >= ? AND (origin_server_ts > ? OR position > ?)
            AND place IS NOT NULL
        ORDER BY origin_server_ts, position LIMIT ?
        """,
        room,
        at[0],
        at[0],
        at[1],
        limit,
    )
    return [(ts, position) for ts, position in rows]
