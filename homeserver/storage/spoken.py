"""What somebody has said in a room."""

from homeserver.storage import names
from homeserver.storage.transaction import Transaction


def by_user(
    txn: Transaction,
    user_id: str,
    room_id: str,
    times: tuple[int | None, int | None],
    before: int | None,
    limit: int,
) -> list[int]:
    """Positions of messages that are not redacted, newest first: from between these times, and
    from before the place `before`.
    """
    room, user = names.find(txn, room_id), names.find(txn, user_id)
    if room is None or user is None or limit <= 0:
        return []
    rows = txn.query(
        """
        SELECT position FROM events
        WHERE room = ? AND sender = ? AND state_key IS NULL AND redaction IS NULL
            AND type <> ? AND place < ? AND origin_server_ts >= ? AND origin_server_ts <= ?
        ORDER BY place DESC LIMIT ?
        """,
        room,
        user,
        names.find(txn, "m.room.redaction") or 0,
        2**62 if before is None else before,
        -(2**53) if times[0] is None else times[0],
        2**53 if times[1] is None else times[1],
        limit,
    )
    return [position for (position,) in rows]


def everything_by(
    txn: Transaction, user_id: str, room_id: str, after: int, limit: int
) -> list[tuple[int, str, str]]:
    """Place, id and JSON of the next events by somebody in a room, state among them."""
    rows = txn.query(
        """
        SELECT place, event_id, json FROM events
        WHERE room = ? AND sender = ? AND place > ? ORDER BY place LIMIT ?
        """,
        names.find(txn, room_id) or 0,
        names.find(txn, user_id) or 0,
        after,
        limit,
    )
    return [(place, event_id, json) for place, event_id, json in rows]
