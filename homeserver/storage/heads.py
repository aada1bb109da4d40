"""Where a room stands: its newest events and its current state."""

from attrs import frozen
from immutables import Map

from homeserver.events.event import StateKey
from homeserver.events.room_versions import ROOM_VERSIONS, RoomVersion
from homeserver.storage import events, names
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction


@frozen(eq=False)
class Head:
    """`state` holds the position of each state event; `members` the users who have joined, are
    invited or knock.

    `extremities` are the ids of the events that nothing follows yet. `newest` is the last place
    taken.
    """

    room_id: str
    room: int
    version: RoomVersion
    creation: int
    extremities: tuple[str, ...]
    depth: int
    root: bytes
    newest: int
    counted: int
    state: Map[StateKey, int]
    members: Map[str, str]

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
    """The head of a room that we know."""
    known: Head | None = txn.see(txn.memory.heads, room_id)
    if known is not None:
        return known
    room = names.find(txn, room_id)
    row = None
    if room is not None:
        row = txn.one("SELECT version, creation, state FROM rooms WHERE room = ?", room)
    if room is None or row is None:
        return None
    head = _read(txn, room_id, room, row)
    txn.fill(txn.memory.heads, room_id, head)
    return head


def save_new(txn: Transaction, head: Head) -> None:
    txn.insert(
        "INSERT INTO rooms (room, version, creation, state) VALUES (?, ?, ?, ?)",
        head.room,
        head.version.id,
        head.creation,
        head.root,
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


def _read(txn: Transaction, room_id: str, room: int, row: tuple[str, int, bytes]) -> Head:
    version, creation, root = row
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
    extremities = tuple(event_id for (event_id,) in forked) or (newest.event.event_id,)
    depths = [stored.event.depth for e in extremities if (stored := events.find(txn, e))]
    return Head(
        room_id,
        room,
        ROOM_VERSIONS[version],
        creation,
        extremities,
        max(depths),
        bytes(root),
        newest.place or 0,
        newest.counted,
        Map({(type, state_key): position for type, state_key, position in state}),
        Map(dict(members)),
    )
