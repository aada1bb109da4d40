"""Where a room stands: its newest events and its current state."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from attrs import frozen
from immutables import Map

from homeserver.events.event import StateKey
from homeserver.events.ids import domain_of
from homeserver.events.room_versions import ROOM_VERSIONS, RoomVersion
from homeserver.storage import events, names, newest_events
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Row, Transaction

PORTION = 50
"""Rooms that are read together: each may have many members."""


@frozen(eq=False)
class Head:
    """`state` holds the position of each state event; `members` the users who have joined, are
    invited or knock.

    `servers` counts the joined users by server. `extremities` are the ids of the events that
    nothing follows yet. `newest` is the last place taken.
    """

    room_id: str
    room: int
    version: RoomVersion
    extremities: tuple[str, ...]
    depth: int
    root: bytes
    newest: int
    counted: int
    state: Map[StateKey, int]
    members: Map[str, str]
    servers: Map[str, int]

    def size(self) -> int:
        """About what it takes in memory, in bytes."""
        return 1000 + 220 * len(self.state) + 120 * len(self.members)

    def event(self, txn: Transaction, type: str, state_key: str = "") -> Stored | None:
        """The state event at this key."""
        position = self.state.get((type, state_key))
        return None if position is None else events.at(txn, position)

    def joined(self) -> list[str]:
        return [user_id for user_id, membership in self.members.items() if membership == "join"]

    def is_joined(self, user_id: str) -> bool:
        return self.members.get(user_id) == "join"


def load(txn: Transaction, room_id: str) -> Head | None:
    """The head of a room that we are in, or were in."""
    known: Head | None = txn.see(txn.memory.heads, room_id)
    if known is not None:
        return known
    room = names.find(txn, room_id)
    return None if room is None else _read(txn, {room: room_id}).get(room_id)


def load_all(txn: Transaction, room_ids: Iterable[str]) -> None:
    """Take heads that are not in memory into it, many with few statements."""
    missing = [room_id for room_id in room_ids if txn.see(txn.memory.heads, room_id) is None]
    for start in range(0, len(missing), PORTION):
        part = missing[start : start + PORTION]
        found = names.find_many(txn, part)
        _read(txn, {room: room_id for room_id, room in found.items()})


def version_of(txn: Transaction, room_id: str) -> RoomVersion | None:
    """Of a room that we know, if only from an invite."""
    known: Head | None = txn.see(txn.memory.heads, room_id)
    if known is not None:
        return known.version
    room = names.find(txn, room_id)
    row = None if room is None else txn.one("SELECT version FROM rooms WHERE room = ?", room)
    return ROOM_VERSIONS[row[0]] if row else None


def save_new(txn: Transaction, room: int, version: RoomVersion) -> None:
    """Remember a room, if it is not known yet."""
    txn.insert(
        "INSERT INTO rooms (room, version) VALUES (?, ?) ON CONFLICT DO NOTHING", room, version.id
    )


def save_state(txn: Transaction, head: Head) -> None:
    txn.insert("UPDATE rooms SET state = ? WHERE room = ?", head.root, head.room)


def save_entry(txn: Transaction, head: Head, key: tuple[int, int], position: int) -> None:
    """Set one entry of the current state."""
    txn.insert(
        """
        INSERT INTO current_state (room, type, state_key, position) VALUES (?, ?, ?, ?)
        ON CONFLICT (room, type, state_key) DO UPDATE SET position = excluded.position
        """,
        head.room,
        *key,
        position,
    )


def save_extremities(txn: Transaction, head: Head, forked_before: bool) -> None:
    """Only a room that has forked keeps rows: else its newest event is the extremity."""
    if forked_before:
        txn.insert("DELETE FROM extremities WHERE room = ?", head.room)
    if len(head.extremities) > 1:
        for event_id in head.extremities:
            txn.insert(
                "INSERT INTO extremities (room, event_id) VALUES (?, ?)", head.room, event_id
            )


def delete_entry(txn: Transaction, head: Head, key: tuple[int, int]) -> None:
    """Empty one place of the current state."""
    txn.insert(
        "DELETE FROM current_state WHERE room = ? AND type = ? AND state_key = ?", head.room, *key
    )


def servers_of(members: Mapping[str, str]) -> Map[str, int]:
    """How many joined users each server has."""
    return Map(Counter(domain_of(user) for user, it in members.items() if it == "join"))


def _read(txn: Transaction, rooms: Mapping[int, str]) -> dict[str, Head]:
    """The heads of those of the rooms that have one; they are in memory then."""
    known = {
        room: (version, state)
        for room, version, state in _rows(
            txn, "SELECT room, version, state FROM rooms WHERE room IN ({})", rooms
        )
        if state is not None
    }
    newest = newest_events.newest_of(txn, known)
    extremities = _by_room(txn, "SELECT room, event_id FROM extremities WHERE room IN ({})", known)
    states, members = _by_room(txn, _STATE, known), _by_room(txn, _MEMBERS, known)
    found: dict[str, Head] = {}
    for room, (version, root) in known.items():
        room_id = rooms[room]
        if room not in newest:
            raise LookupError(f"room {room_id} has no events")
        of_users: Map[str, str] = Map(dict(members.get(room, ())))
        left = tuple(id for (id,) in extremities.get(room, ())) or (newest[room].event.event_id,)
        depths = [stored.event.depth for e in left if (stored := events.find(txn, e))]
        head = found[room_id] = Head(
            room_id,
            room,
            ROOM_VERSIONS[version],
            left,
            max(depths),
            bytes(root),
            newest[room].place or 0,
            newest[room].counted,
            Map({(type, state_key): at for type, state_key, at in states.get(room, ())}),
            of_users,
            servers_of(of_users),
        )
        txn.fill(txn.memory.heads, room_id, head)
    return found


_STATE = """
    SELECT current_state.room, types.name, state_keys.name, current_state.position
    FROM current_state
    JOIN names AS types ON types.id = current_state.type
    JOIN names AS state_keys ON state_keys.id = current_state.state_key
    WHERE current_state.room IN ({})
    """
_MEMBERS = """
    SELECT memberships.room, names.name, memberships.membership FROM memberships
    JOIN names ON names.id = memberships.user_id
    WHERE memberships.room IN ({}) AND memberships.membership IN ('join', 'invite', 'knock')
    """


def _rows(txn: Transaction, sql: str, rooms: Collection[int]) -> list[Row]:
    return txn.query(sql.format(txn.in_list(rooms)), *rooms) if rooms else []


def _by_room(
    txn: Transaction, sql: str, rooms: Collection[int]
) -> dict[int, list[tuple[Any, ...]]]:
    """The rows of each room, without its number."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    for room, *row in _rows(txn, sql, rooms):
        found.setdefault(room, []).append(tuple(row))
    return found
