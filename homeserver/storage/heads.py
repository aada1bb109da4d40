"""Where a room stands: its newest events and its current state."""

from collections import Counter
from collections.abc import Mapping

from attrs import frozen
from immutables import Map

from homeserver.events.event import StateKey
from homeserver.events.ids import domain_of
from homeserver.events.room_versions import ROOM_VERSIONS, RoomVersion
from homeserver.storage import events, names
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction


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
    row = None
    if room is not None:
        row = txn.one("SELECT version, state FROM rooms WHERE room = ?", room)
    if room is None or row is None or row[1] is None:
        return None
    head = _read(txn, room_id, room, row)
    txn.fill(txn.memory.heads, room_id, head)
    return head


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


def _read(txn: Transaction, room_id: str, room: int, row: tuple[str, bytes]) -> Head:
    version, root = row
    newest = events.newest(txn, room)
    if newest is None:
        raise LookupError(f"room {room_id} has no events")
    forked = txn.query("SELECT event_id FROM extremities WHERE room = ?", room)
    state = txn.query(
        """
        SELECT types.name, state_keys.name, current_state.position FROM current_state
        JOIN names AS types ON types.id = current_state.type
        JOIN names AS state_keys ON state_keys.id = current_state.state_key
        WHERE current_state.room = ?
        """,
        room,
    )
    members = txn.query(
        """
        SELECT names.name, memberships.membership FROM memberships
        JOIN names ON names.id = memberships.user_id
        WHERE memberships.room = ? AND memberships.membership IN ('join', 'invite', 'knock')
        """,
        room,
    )
    of_users: Map[str, str] = Map(dict(members))
    extremities = tuple(event_id for (event_id,) in forked) or (newest.event.event_id,)
    depths = [stored.event.depth for e in extremities if (stored := events.find(txn, e))]
    return Head(
        room_id,
        room,
        ROOM_VERSIONS[version],
        extremities,
        max(depths),
        bytes(root),
        newest.place or 0,
        newest.counted,
        Map({(type, state_key): position for type, state_key, position in state}),
        of_users,
        servers_of(of_users),
    )
