"""Events that are to be sent later, and for a while what became of them. MSC4140."""

from collections.abc import Collection

from attrs import frozen

from homeserver.json_values import JsonObject, decode, encode
from homeserver.storage.transaction import Row, Transaction

SCHEDULED, SENT, CANCELLED, FAILED = STATES = ("scheduled", "sent", "cancelled", "failed")


@frozen(kw_only=True)
class Delayed:
    """`device` is the name of who asked, as `Requester.device_name` has it; times are in ms.

    `yields` to what another user sets in the same place. Finalised and with an `event_id` it was
    sent; else it was given up, because of the `error` or by somebody's wish.
    """

    delay_id: str
    position: int
    user_id: str
    device: str
    appservice: str
    room_id: str
    type: str
    state_key: str | None
    content: JsonObject
    sticky: int | None
    origin_server_ts: int | None
    txn_id: str | None
    yields: bool
    delay: int
    since_ts: int
    finalised_ts: int | None = None
    event_id: str | None = None
    error: JsonObject | None = None

    @property
    def due_ts(self) -> int:
        return self.since_ts + self.delay

    @property
    def is_finalised(self) -> bool:
        return self.finalised_ts is not None


@frozen(kw_only=True)
class Filter:
    """Which of a user's delayed events are wanted, by when they are (or were) due."""

    states: Collection[str] = STATES
    room_id: str | None = None
    type: str | None = None
    from_ts: int = 0
    to_ts: int = 2**62
    backwards: bool = False
    beyond: tuple[int, int] | None = None
    """The due time and position of the last one of the page before."""


_COLUMNS = """delay_id, position, user_id, device, appservice, room_id, type, state_key, content,
    sticky, origin_server_ts, txn_id, yields, delay, since_ts, finalised_ts, event_id, error"""


def insert(txn: Transaction, delayed: Delayed) -> None:
    txn.execute(
        """
        INSERT INTO delayed_events (delay_id, position, user_id, device, appservice, room_id, type,
            state_key, content, sticky, origin_server_ts, txn_id, yields, delay, since_ts, due_ts)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        delayed.delay_id,
        delayed.position,
        delayed.user_id,
        delayed.device,
        delayed.appservice,
        delayed.room_id,
        delayed.type,
        delayed.state_key,
        encode(delayed.content).decode(),
        delayed.sticky,
        delayed.origin_server_ts,
        delayed.txn_id,
        int(delayed.yields),
        delayed.delay,
        delayed.since_ts,
        delayed.due_ts,
    )


def find(txn: Transaction, delay_id: str) -> Delayed | None:
    row = txn.one(f"SELECT {_COLUMNS} FROM delayed_events WHERE delay_id = ?", delay_id)
    return _of_row(row) if row else None


def find_scheduled_before(txn: Transaction, delayed: Delayed) -> str | None:
    """The id that the same request got when it came before."""
    row = txn.one(
        """
        SELECT delay_id FROM delayed_events
        WHERE user_id = ? AND device = ? AND txn_id = ? AND room_id = ? AND type = ?
        """,
        delayed.user_id,
        delayed.device,
        delayed.txn_id,
        delayed.room_id,
        delayed.type,
    )
    return row[0] if row else None


def scheduled_of(txn: Transaction, user_id: str) -> tuple[int, int]:
    """How many of a user's events wait, and when the first of them is due (0 for none)."""
    row = txn.one(
        "SELECT count(*), coalesce(min(due_ts), 0) FROM delayed_events "
        "WHERE user_id = ? AND finalised_ts IS NULL",
        user_id,
    )
    return (row[0], row[1]) if row else (0, 0)


def next_due(txn: Transaction) -> int | None:
    row = txn.one("SELECT min(due_ts) FROM delayed_events WHERE finalised_ts IS NULL")
    return row[0] if row else None


def due(txn: Transaction, now_ms: int, limit: int) -> list[Delayed]:
    """What is to be sent by now, in order."""
    rows = txn.query(
        f"""
        SELECT {_COLUMNS} FROM delayed_events WHERE finalised_ts IS NULL AND due_ts <= ?
        ORDER BY due_ts, position LIMIT ?
        """,
        now_ms,
        limit,
    )
    return list(map(_of_row, rows))


def yielding(txn: Transaction, room_id: str, type: str, state_key: str) -> list[Delayed]:
    """Those that wait to set this place of a room's state, unless somebody else does."""
    rows = txn.query(
        f"""
        SELECT {_COLUMNS} FROM delayed_events
        WHERE finalised_ts IS NULL AND yields = 1 AND room_id = ? AND type = ? AND state_key = ?
        """,
        room_id,
        type,
        state_key,
    )
    return list(map(_of_row, rows))


def yielding_places(txn: Transaction) -> list[tuple[str, str, str]]:
    """Room, type and state key of all that wait so."""
    rows = txn.query(
        "SELECT DISTINCT room_id, type, state_key FROM delayed_events "
        "WHERE finalised_ts IS NULL AND yields = 1"
    )
    return [(room_id, type, state_key) for room_id, type, state_key in rows]


def restart(txn: Transaction, delayed: Delayed, now_ms: int) -> None:
    txn.execute(
        "UPDATE delayed_events SET since_ts = ?, due_ts = ? WHERE delay_id = ?",
        now_ms,
        now_ms + delayed.delay,
        delayed.delay_id,
    )


def finalise(
    txn: Transaction,
    delay_id: str,
    now_ms: int,
    event_id: str | None = None,
    error: JsonObject | None = None,
) -> bool:
    """Whether this was what decided its fate."""
    changed = txn.execute(
        """
        UPDATE delayed_events SET finalised_ts = ?, event_id = ?, error = ?
        WHERE delay_id = ? AND finalised_ts IS NULL
        """,
        now_ms,
        event_id,
        None if error is None else encode(error).decode(),
        delay_id,
    )
    return bool(changed)


def page(txn: Transaction, user_id: str, wanted: Filter, limit: int) -> list[Delayed]:
    sign, order = ("<", "DESC") if wanted.backwards else (">", "ASC")
    start = wanted.beyond or ((2**62, 2**62) if wanted.backwards else (-1, -1))
    conditions = " OR ".join(_CONDITIONS[state] for state in wanted.states) or "1 = 0"
    rows = txn.query(
        f"""
        SELECT {_COLUMNS} FROM delayed_events
        WHERE user_id = ? AND due_ts >= ? AND due_ts <= ?
            AND (due_ts {sign} ? OR (due_ts = ? AND position {sign} ?))
            AND (room_id = ? OR ? = '') AND (type = ? OR ? = '') AND ({conditions})
        ORDER BY due_ts {order}, position {order} LIMIT ?
        """,
        user_id,
        wanted.from_ts,
        wanted.to_ts,
        start[0],
        start[0],
        start[1],
        *2 * (wanted.room_id or "",),
        *2 * (wanted.type or "",),
        limit,
    )
    return list(map(_of_row, rows))


_CONDITIONS = {
    SCHEDULED: "finalised_ts IS NULL",
    SENT: "event_id IS NOT NULL",
    FAILED: "error IS NOT NULL",
    CANCELLED: "(finalised_ts IS NOT NULL AND event_id IS NULL AND error IS NULL)",
}


def forget_finalised(txn: Transaction, before_ms: int) -> None:
    txn.execute("DELETE FROM delayed_events WHERE finalised_ts < ?", before_ms)


def forget_finalised_beyond(txn: Transaction, user_id: str, kept: int) -> None:
    """Keep only the newest of a user's finalised ones."""
    txn.execute(
        """
        DELETE FROM delayed_events WHERE user_id = ? AND finalised_ts < (
            SELECT finalised_ts FROM delayed_events
            WHERE user_id = ? AND finalised_ts IS NOT NULL
            ORDER BY finalised_ts DESC LIMIT 1 OFFSET ?
        )
        """,
        user_id,
        user_id,
        kept - 1,
    )


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM delayed_events WHERE user_id = ?", user_id)


def _of_row(row: Row) -> Delayed:
    delay_id, position, user_id, device, appservice, room_id, type, state_key, *others = row
    content, sticky, origin_server_ts, txn_id, yields, delay, since_ts, *outcome = others
    finalised_ts, event_id, error = outcome
    return Delayed(
        delay_id=delay_id,
        position=position,
        user_id=user_id,
        device=device,
        appservice=appservice,
        room_id=room_id,
        type=type,
        state_key=state_key,
        content=decode(content),
        sticky=sticky,
        origin_server_ts=origin_server_ts,
        txn_id=txn_id,
        yields=bool(yields),
        delay=delay,
        since_ts=since_ts,
        finalised_ts=finalised_ts,
        event_id=event_id,
        error=None if error is None else decode(error),
    )
