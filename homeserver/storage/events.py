"""Events by id, by room, by position."""

from collections.abc import Iterable

import orjson
from attrs import define, evolve

from homeserver.events.event import Event
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.storage import names
from homeserver.storage.transaction import Row, Transaction


@define(eq=False)
class Stored:
    """An event and what we know of it. `state` is the root of the room's state before it.

    `place` orders its room's timeline; events outside of it (outliers) have none. `redaction` is
    the position
    of the event that redacted it. `device` and `txn_id` say by which request one of our devices
    sent it.
    `replaces` is the position of the state event whose place this one took. `counted` is the
    number of events of the room up to here that notify members by default. `opened` keeps the
    event's bytes for clients once somebody has asked for them.
    """

    position: int
    event: Event
    place: int | None
    state: bytes
    replaces: int | None = None
    counted: int = 0
    redaction: int | None = None
    rejected: bool = False
    device: int | None = None
    txn_id: str | None = None
    opened: bytes | None = None

    def size(self) -> int:
        """About what it takes in memory, in bytes."""
        return 2500 + 40 * len(self.event.prev_events) + 8 * len(str(self.event.content))


_COLUMNS = """events.position, events.event_id, events.json, events.place, events.state,
    events.replaces, events.counted, events.redaction, events.rejected, events.device,
    events.txn_id, rooms.version"""

_FROM = "FROM events JOIN rooms ON rooms.room = events.room"


def insert(txn: Transaction, stored: Stored, room: int) -> None:
    event = stored.event
    txn.insert(
        """
        INSERT INTO events (position, event_id, room, place, type, state_key, sender, depth,
        origin_server_ts,
            state, replaces, counted, redaction, rejected, device, txn_id, json)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        stored.position,
        event.event_id,
        room,
        stored.place,
        names.intern(txn, event.type),
        None if event.state_key is None else names.intern(txn, event.state_key),
        names.intern(txn, event.sender),
        event.depth,
        event.origin_server_ts,
        stored.state,
        stored.replaces,
        stored.counted,
        stored.redaction,
        int(stored.rejected),
        stored.device,
        stored.txn_id,
        orjson.dumps(event.pdu).decode(),
    )
    txn.put(txn.memory.events, stored.position, stored)
    txn.put(txn.memory.positions, event.event_id, stored.position)


def from_row(row: Row) -> Stored:
    (
        position,
        event_id,
        text,
        place,
        state,
        replaces,
        counted,
        redaction,
        rejected,
        device,
        txn_id,
        version,
    ) = row
    event = Event.from_pdu(orjson.loads(text), ROOM_VERSIONS[version], event_id)
    return Stored(
        position,
        event,
        place,
        b"" if state is None else bytes(state),
        replaces,
        counted,
        redaction,
        bool(rejected),
        device,
        txn_id,
    )


def find(txn: Transaction, event_id: str) -> Stored | None:
    position = txn.see(txn.memory.positions, event_id)
    if position is not None and (known := txn.see(txn.memory.events, position)) is not None:
        return known  # type: ignore[no-any-return]
    if "\0" in event_id:
        return None  # PostgreSQL keeps no such text, so no event has this id.
    rows = txn.query(f"SELECT {_COLUMNS} {_FROM} WHERE events.event_id = ?", event_id)
    return _remember(txn, rows[0]) if rows else None


def at(txn: Transaction, position: int) -> Stored:
    known: Stored | None = txn.see(txn.memory.events, position)
    if known is not None:
        return known
    (row,) = txn.query(f"SELECT {_COLUMNS} {_FROM} WHERE events.position = ?", position)
    return _remember(txn, row)


def at_all(txn: Transaction, positions: Iterable[int]) -> dict[int, Stored]:
    """Events by position; those that are not in memory are read together."""
    found: dict[int, Stored] = {}
    missing: list[int] = []
    for position in positions:
        known = txn.see(txn.memory.events, position)
        if known is None:
            missing.append(position)
        else:
            found[position] = known
    for start in range(0, len(missing), 500):
        part = missing[start : start + 500]
        rows = txn.query(
            f"SELECT {_COLUMNS} {_FROM} WHERE events.position IN ({txn.in_list(part)})", *part
        )
        for row in rows:
            found[row[0]] = _remember(txn, row)
    return found


def find_sent(txn: Transaction, device: int, txn_id: str, room: int, type: int) -> str | None:
    """The event that this request of this device made before."""
    row = txn.one(
        "SELECT event_id FROM events WHERE device = ? AND txn_id = ? AND room = ? AND type = ?",
        device,
        txn_id,
        room,
        type,
    )
    return row[0] if row else None


def newest(txn: Transaction, room: int) -> Stored | None:
    rows = txn.query(
        f"SELECT {_COLUMNS} {_FROM} WHERE events.room = ? AND events.place IS NOT NULL "
        "ORDER BY events.place DESC LIMIT 1",
        room,
    )
    return _remember(txn, rows[0]) if rows else None


def before(
    txn: Transaction, room: int, place: int, limit: int, after: int | None = None
) -> list[Stored]:
    """Timeline events with a place up to and with `place` (and behind `after`), newest first."""
    lower = -(2**62) if after is None else after
    rows = txn.query(
        f"SELECT {_COLUMNS} {_FROM} "
        "WHERE events.room = ? AND events.place <= ? AND events.place > ? "
        "ORDER BY events.place DESC LIMIT ?",
        room,
        place,
        lower,
        limit,
    )
    return [_remember(txn, row) for row in rows]


def after(txn: Transaction, room: int, place: int, limit: int, upto: int = 2**62) -> list[Stored]:
    """Timeline events behind `place`, oldest first, up to and with the place `upto`."""
    rows = txn.query(
        f"SELECT {_COLUMNS} {_FROM} "
        "WHERE events.room = ? AND events.place > ? AND events.place <= ? "
        "ORDER BY events.place LIMIT ?",
        room,
        place,
        upto,
        limit,
    )
    return [_remember(txn, row) for row in rows]


def newest_places(txn: Transaction, rooms: Iterable[int]) -> dict[int, int]:
    """The place of the newest event of each room."""
    rooms = list(rooms)
    newest: dict[int, int] = {}
    for start in range(0, len(rooms), 500):
        part = rooms[start : start + 500]
        newest.update(
            txn.query(
                "SELECT room, MAX(place) FROM events "
                f"WHERE room IN ({txn.in_list(part)}) GROUP BY room",
                *part,
            )
        )
    return newest


def mark_redacted(txn: Transaction, stored: Stored, redaction: int) -> Stored:
    txn.insert("UPDATE events SET redaction = ? WHERE position = ?", redaction, stored.position)
    marked = evolve(stored, redaction=redaction, opened=None)
    txn.put(txn.memory.events, stored.position, marked)
    return marked


def _remember(txn: Transaction, row: Row) -> Stored:
    known: Stored | None = txn.see(txn.memory.events, row[0])
    if known is not None:
        return known
    stored = from_row(row)
    txn.fill(txn.memory.events, stored.position, stored)
    txn.fill(txn.memory.positions, stored.event.event_id, stored.position)
    return stored
