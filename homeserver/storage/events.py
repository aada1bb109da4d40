"""Events by id, by room, by position."""

from collections.abc import Container, Iterable, Iterator, Sequence
from enum import IntEnum
from typing import TypeVar

import orjson
from attrs import define, evolve

from homeserver.events.event import Event
from homeserver.events.room_versions import ROOM_VERSIONS
from homeserver.storage import names
from homeserver.storage.transaction import Row, Transaction

T = TypeVar("T")

MAX_DEPTH = 2**63 - 1
PORTION = 500
"""Rows that are asked for by name in one statement."""


class Standing(IntEnum):
    """What the rules say of an event: rejected by what came before it, or (soft failure) only by
    the room's state when it came.
    """

    ALLOWED = 0
    REJECTED = 1
    SOFT_FAILED = 2


@define(eq=False)
class Stored:
    """An event and what we know of it. `state` is the root of the room's state before it.

    `place` orders its room's timeline; events outside of it have none: those not allowed, and
    outliers, whose `state` is unknown (empty), too. `current` is the root of the room's state when
    the event came, if that was on a fork. `redaction` is the position of the event that redacted
    it. `device` and `txn_id` say by which request one of our devices sent it. `replaces` is the
    position of the state event whose place this one took. `counted` is the number of events of the
    room up to here that notify members by default. `opened` keeps the event's bytes for clients
    once somebody has asked for them.
    """

    position: int
    event: Event
    place: int | None
    state: bytes
    current: bytes | None = None
    replaces: int | None = None
    counted: int = 0
    redaction: int | None = None
    standing: Standing = Standing.ALLOWED
    device: int | None = None
    txn_id: str | None = None
    opened: bytes | None = None

    @property
    def order(self) -> int:
        """Where it stands among the events of its room; what has no place, by when it came."""
        return self.position if self.place is None else self.place

    @property
    def room_state(self) -> bytes:
        """The root of the room's state when the event came: on a fork not that before it."""
        return self.current or self.state

    @property
    def is_rejected(self) -> bool:
        return self.standing is Standing.REJECTED

    def size(self) -> int:
        """About what it takes in memory, in bytes."""
        return 2500 + 40 * len(self.event.prev_events) + 8 * len(str(self.event.content))


_COLUMNS = """events.position, events.event_id, events.json, events.place, events.state,
    events.current, events.replaces, events.counted, events.redaction, events.standing,
    events.device, events.txn_id, rooms.version"""

_FROM = "FROM events JOIN rooms ON rooms.room = events.room"

_INSERT = """
    INSERT INTO events (position, event_id, room, place, type, state_key, sender, depth,
        origin_server_ts, state, current, replaces, counted, redaction, standing, device, txn_id,
        json)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """


def insert(txn: Transaction, stored: Stored, room: int) -> None:
    txn.insert(_INSERT, *_row_of(txn, stored, room))
    txn.put(txn.memory.events, stored.position, stored)
    txn.put(txn.memory.positions, stored.event.event_id, stored.position)


def insert_outliers(
    txn: Transaction, found: Sequence[Event], room: int, rejected: Container[str]
) -> dict[str, int]:
    """Store many events outside the timeline; their positions by id. They are not cached."""
    names.intern_all(txn, _names_in(found))
    positions: dict[str, int] = {}
    for event in found:
        position = positions[event.event_id] = txn.next_position()
        stored = Stored(position, event, None, b"")
        if event.event_id in rejected:
            stored.standing = Standing.REJECTED
        txn.insert(_INSERT, *_row_of(txn, stored, room))
    return positions


def promote(txn: Transaction, stored: Stored) -> None:
    """An event that was known from elsewhere takes its place in the room."""
    txn.insert(
        """
        UPDATE events SET place = ?, state = ?, current = ?, replaces = ?, counted = ?, standing = ?
        WHERE position = ?
        """,
        stored.place,
        stored.state,
        stored.current,
        stored.replaces,
        stored.counted,
        int(stored.standing),
        stored.position,
    )
    txn.put(txn.memory.events, stored.position, stored)


def _names_in(found: Iterable[Event]) -> Iterator[str]:
    for event in found:
        yield event.type
        yield event.sender
        if event.state_key is not None:
            yield event.state_key


def _row_of(txn: Transaction, stored: Stored, room: int) -> Row:
    event = stored.event
    return (
        stored.position,
        event.event_id,
        room,
        stored.place,
        names.intern(txn, event.type),
        None if event.state_key is None else names.intern(txn, event.state_key),
        names.intern(txn, event.sender),
        min(event.depth, MAX_DEPTH),
        min(event.origin_server_ts, MAX_DEPTH),
        stored.state or None,
        stored.current,
        stored.replaces,
        stored.counted,
        stored.redaction,
        int(stored.standing),
        stored.device,
        stored.txn_id,
        orjson.dumps(event.pdu).decode(),
    )


def from_row(row: Row) -> Stored:
    position, event_id, text, place, state, current, replaces, *others = row
    counted, redaction, standing, device, txn_id, version = others
    event = Event.from_pdu(orjson.loads(text), ROOM_VERSIONS[version], event_id)
    return Stored(
        position,
        event,
        place,
        b"" if state is None else bytes(state),
        None if current is None else bytes(current),
        replaces,
        counted,
        redaction,
        Standing(standing),
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
    row = txn.one(f"SELECT {_COLUMNS} {_FROM} WHERE events.position = ?", position)
    if row is None:
        raise KeyError(position)
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
    for part in portions(missing):
        rows = txn.query(
            f"SELECT {_COLUMNS} {_FROM} WHERE events.position IN ({txn.in_list(part)})", *part
        )
        for row in rows:
            found[row[0]] = _remember(txn, row)
    return found


def find_all(txn: Transaction, event_ids: Iterable[str]) -> dict[str, Stored]:
    """Those of the events that we have, by id."""
    positions = positions_of(txn, event_ids)
    found = at_all(txn, positions.values())
    return {event_id: found[position] for event_id, position in positions.items()}


def positions_of(txn: Transaction, event_ids: Iterable[str]) -> dict[str, int]:
    """Where those of the events are that we have."""
    found: dict[str, int] = {}
    missing: list[str] = []
    for event_id in event_ids:
        position = txn.see(txn.memory.positions, event_id)
        if position is None:
            missing.append(event_id)
        else:
            found[event_id] = position
    for part in portions(missing):
        rows = txn.query(
            f"SELECT event_id, position FROM events WHERE event_id IN ({txn.in_list(part)})", *part
        )
        found.update((event_id, position) for event_id, position in rows)
    return found


def ids_at(txn: Transaction, positions: Iterable[int]) -> Iterator[str]:
    """The ids of the events at these positions, in no order."""
    for part in portions(list(positions)):
        rows = txn.query(
            f"SELECT event_id FROM events WHERE position IN ({txn.in_list(part)})", *part
        )
        yield from (event_id for (event_id,) in rows)


def places_of(
    txn: Transaction, event_ids: Iterable[str]
) -> Iterator[tuple[str, int, tuple[str, str]]]:
    """Id, position and (type, state key) of those of the events that are allowed state."""
    for part in portions(list(event_ids)):
        rows = txn.query(
            f"""
            SELECT events.event_id, events.position, types.name, state_keys.name FROM events
            JOIN names AS types ON types.id = events.type
            JOIN names AS state_keys ON state_keys.id = events.state_key
            WHERE events.event_id IN ({txn.in_list(part)}) AND events.standing <> 1
            """,
            *part,
        )
        yield from ((id, position, (type, state_key)) for id, position, type, state_key in rows)


def json_of(txn: Transaction, positions: Iterable[int]) -> Iterator[tuple[int, str, bool]]:
    """Position, PDU as text, and whether it is redacted (the text is not); in no order."""
    for part in portions(list(positions)):
        yield from (
            (position, text, redaction is not None)
            for position, text, redaction in txn.query(
                "SELECT position, json, redaction FROM events "
                f"WHERE position IN ({txn.in_list(part)})",
                *part,
            )
        )


def portions(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), PORTION):
        yield values[start : start + PORTION]


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


def first_message(txn: Transaction, room: int) -> int | None:
    """The place of the room's first event that is no state."""
    row = txn.one(
        """
        SELECT place FROM events WHERE room = ? AND place IS NOT NULL AND state_key IS NULL
        ORDER BY place LIMIT 1
        """,
        room,
    )
    return None if row is None else int(row[0])


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


def soft_failed(
    txn: Transaction, room: int, after: int, upto: int, limit: int, *, backwards: bool
) -> list[Stored]:
    """What failed softly behind the place `after`, up to and with `upto`."""
    rows = txn.query(
        f"SELECT {_COLUMNS} {_FROM} "
        "WHERE events.room = ? AND events.standing = 2 "
        "AND events.position > ? AND events.position <= ? "
        f"ORDER BY events.position {'DESC' if backwards else 'ASC'} LIMIT ?",
        room,
        after,
        upto,
        limit,
    )
    return [_remember(txn, row) for row in rows]


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
