"""Who was let into which call, and whose delayed leave is in our hands."""

from attrs import frozen

from homeserver.storage import names
from homeserver.storage.transaction import Transaction


@frozen
class Leave:
    """A delayed leave in our hands; `base_url` is the homeserver that has it, empty for this one.

    It is put off again at `due_ms`. `present` tells whether the participant has been seen.
    """

    call: str
    identity: str
    delay_id: str
    delay_ms: int
    base_url: str
    given_ms: int
    present: bool


_LEAVES = """
    SELECT call, identity, delay_id, delay_ms, base_url, given_ts, present FROM call_seats
    WHERE delay_id IS NOT NULL AND
    """


def give(
    txn: Transaction, call: str, identity: str, *, room_id: str, user_id: str, now_ms: int
) -> None:
    """A seat that was given already keeps its leave."""
    txn.execute(
        """
        INSERT INTO call_seats (call, identity, room, user_id, given_ts) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (call, identity) DO UPDATE SET given_ts = excluded.given_ts
        """,
        call,
        identity,
        names.intern(txn, room_id),
        names.intern(txn, user_id),
        now_ms,
    )


def hand_over(txn: Transaction, leave: Leave, due_ms: int) -> None:
    """The leave of a seat that was given; it takes the place of an earlier one."""
    txn.execute(
        """
        UPDATE call_seats SET delay_id = ?, delay_ms = ?, base_url = ?, due_ts = ?, present = 0,
            given_ts = ?
        WHERE call = ? AND identity = ?
        """,
        leave.delay_id,
        leave.delay_ms,
        leave.base_url,
        due_ms,
        leave.given_ms,
        leave.call,
        leave.identity,
    )


def leaves_due(txn: Transaction, now_ms: int, limit: int) -> list[Leave]:
    rows = txn.query(f"{_LEAVES} due_ts <= ? ORDER BY due_ts LIMIT ?", now_ms, limit)
    return [_leave(row) for row in rows]


def leave_of(txn: Transaction, call: str, identity: str) -> Leave | None:
    row = txn.one(f"{_LEAVES} call = ? AND identity = ?", call, identity)
    return None if row is None else _leave(row)


def put_off(txn: Transaction, leave: Leave, due_ms: int, *, present: bool) -> None:
    """Unless another leave has taken its place."""
    txn.execute(
        """
        UPDATE call_seats SET due_ts = ?, present = ?
        WHERE call = ? AND identity = ? AND delay_id = ?
        """,
        due_ms,
        int(present),
        leave.call,
        leave.identity,
        leave.delay_id,
    )


def forget_leave(txn: Transaction, leave: Leave) -> None:
    txn.execute(
        "UPDATE call_seats SET delay_id = NULL WHERE call = ? AND identity = ? AND delay_id = ?",
        leave.call,
        leave.identity,
        leave.delay_id,
    )


def holder(txn: Transaction, call: str, identity: str) -> tuple[str, str] | None:
    """Room and user of a seat."""
    row = txn.one(
        """
        SELECT rooms.name, users.name FROM call_seats
        JOIN names AS rooms ON rooms.id = call_seats.room
        JOIN names AS users ON users.id = call_seats.user_id
        WHERE call = ? AND identity = ?
        """,
        call,
        identity,
    )
    return None if row is None else (str(row[0]), str(row[1]))


def of_user(txn: Transaction, user_id: str, room_id: str) -> list[tuple[str, str]]:
    """Call and identity of each seat that a user has in calls of a room."""
    rows = txn.query(
        "SELECT call, identity FROM call_seats WHERE user_id = ? AND room = ?",
        names.find(txn, user_id) or 0,
        names.find(txn, room_id) or 0,
    )
    return [(str(call), str(identity)) for call, identity in rows]


def delete(txn: Transaction, call: str, identity: str) -> None:
    txn.execute("DELETE FROM call_seats WHERE call = ? AND identity = ?", call, identity)


def delete_old(txn: Transaction, before_ms: int) -> None:
    """Seats given before a time, without a leave that has to be looked after."""
    txn.execute("DELETE FROM call_seats WHERE given_ts < ? AND delay_id IS NULL", before_ms)


def _leave(row: tuple[object, ...]) -> Leave:
    call, identity, delay_id, delay_ms, base_url, given_ms, present = row
    return Leave(
        str(call),
        str(identity),
        str(delay_id),
        int(str(delay_ms)),
        str(base_url),
        int(str(given_ms)),
        bool(present),
    )
