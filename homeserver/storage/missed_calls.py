"""Calls that rang and were not answered. Spec: Client-Server API, "Voice over IP"."""

from homeserver.storage import events, names
from homeserver.storage.transaction import Transaction

INVITE, HANGUP = "m.call.invite", "m.call.hangup"
LOOKED_AT = 500
"""The newest unread events of a room among which calls are looked for."""
LONGEST_RINGING_MS = 120_000


def count(txn: Transaction, room: int, user_id: str, after: int, now_ms: int) -> int:
    """Of the calls to a user behind a place, which is behind all that the user said, those that
    ring no more.
    """
    invite = names.find(txn, INVITE)
    if invite is None:
        return 0
    rows = txn.query(
        """
        SELECT position FROM (
            SELECT position, type FROM events WHERE room = ? AND place > ?
            ORDER BY place DESC LIMIT ?
        ) AS newest
        WHERE type IN (?, ?) ORDER BY position
        """,
        room,
        after,
        LOOKED_AT,
        invite,
        names.find(txn, HANGUP) or invite,
    )
    ringing: dict[object, int] = {}
    ended = 0
    found = events.at_all(txn, [position for (position,) in rows])
    for position in sorted(found):
        stored = found[position]
        event = stored.event
        if event.sender == user_id or stored.redaction is not None:
            continue
        call_id = str(event.content.get("call_id"))
        if event.type == INVITE:
            ringing[call_id] = _rings_until(event.origin_server_ts, event.content.get("lifetime"))
        elif ringing.pop(call_id, None) is not None:
            ended += 1
    return ended + sum(until_ms <= now_ms for until_ms in ringing.values())


def _rings_until(begun_ts: int, lifetime: object) -> int:
    known = isinstance(lifetime, int) and 0 <= lifetime <= LONGEST_RINGING_MS
    return begun_ts + (lifetime if known and isinstance(lifetime, int) else LONGEST_RINGING_MS)
