"""Rooms as administrators list them."""

from attrs import define, field

from homeserver.json_values import JsonObject, decode
from homeserver.storage import names
from homeserver.storage.transaction import Transaction

TYPES = (
    "m.room.create",
    "m.room.name",
    "m.room.topic",
    "m.room.avatar",
    "m.room.canonical_alias",
    "m.room.encryption",
    "m.room.join_rules",
    "m.room.guest_access",
    "m.room.history_visibility",
    "m.room.tombstone",
)


@define(kw_only=True)
class ListedRoom:
    """`state` holds the contents of those state events that are asked for, by type."""

    room: int
    room_id: str
    version: str
    is_public: bool
    joined: int = 0
    joined_here: int = 0
    state_events: int = 0
    creator: str = ""
    state: dict[str, JsonObject] = field(factory=dict)

    def text(self, type: str, key: str) -> str | None:
        value = self.state.get(type, {}).get(key)
        return value if isinstance(value, str) else None

    @property
    def name(self) -> str | None:
        return self.text("m.room.name", "name")

    @property
    def canonical_alias(self) -> str | None:
        return self.text("m.room.canonical_alias", "alias")


def everything(txn: Transaction, own: str, room: int | None = None) -> list[ListedRoom]:
    """All rooms that are held, or the one with this number. `own` is this server's name."""
    of_room = "" if room is None else "AND rooms.room = ?"
    chosen = () if room is None else (room,)
    rows = txn.query(
        f"""
        SELECT rooms.room, names.name, rooms.version,
            EXISTS (SELECT 1 FROM published_rooms WHERE network = '' AND room_id = names.name)
        FROM rooms JOIN names ON names.id = rooms.room WHERE rooms.state IS NOT NULL {of_room}
        """,
        *chosen,
    )
    found = {
        row[0]: ListedRoom(room=row[0], room_id=row[1], version=row[2], is_public=bool(row[3]))
        for row in rows
    }
    _count(txn, found, own, chosen)
    _add_state(txn, found, chosen)
    return list(found.values())


def _count(
    txn: Transaction, found: dict[int, ListedRoom], own: str, chosen: tuple[int, ...]
) -> None:
    of_room = "AND memberships.room = ?" if chosen else ""
    rows = txn.query(
        f"""
        SELECT memberships.room, COUNT(*), SUM(CASE WHEN names.name LIKE ? THEN 1 ELSE 0 END)
        FROM memberships JOIN names ON names.id = memberships.user_id
        WHERE memberships.membership = 'join' {of_room} GROUP BY memberships.room
        """,
        f"@%:{own}",
        *chosen,
    )
    for room, joined, here in rows:
        if room in found:
            found[room].joined, found[room].joined_here = int(joined), int(here)
    of_room = "WHERE room = ?" if chosen else ""
    for room, count in txn.query(
        f"SELECT room, COUNT(*) FROM current_state {of_room} GROUP BY room", *chosen
    ):
        if room in found:
            found[room].state_events = int(count)


def _add_state(txn: Transaction, found: dict[int, ListedRoom], chosen: tuple[int, ...]) -> None:
    numbers = names.find_many(txn, (*TYPES, ""))
    types = {number: type for type, number in numbers.items() if type}
    if not types or "" not in numbers:
        return
    rows = txn.query(
        f"""
        SELECT current_state.room, current_state.type, events.json, senders.name
        FROM current_state
        JOIN events ON events.position = current_state.position
        JOIN names AS senders ON senders.id = events.sender
        WHERE current_state.state_key = ? AND current_state.type IN ({txn.in_list(types)})
            AND events.redaction IS NULL {"AND current_state.room = ?" if chosen else ""}
        """,
        numbers[""],
        *types,
        *chosen,
    )
    for room, type, json, sender in rows:
        if room in found:
            content = decode(json).get("content")
            found[room].state[types[type]] = content if isinstance(content, dict) else {}
            if types[type] == "m.room.create":
                found[room].creator = sender


def largest(txn: Transaction, limit: int) -> list[tuple[str, int]]:
    rows = txn.query(
        """
        SELECT names.name, sizes.total FROM (
            SELECT room, SUM(LENGTH(json)) AS total FROM events GROUP BY room
            ORDER BY total DESC LIMIT ?
        ) AS sizes JOIN names ON names.id = sizes.room ORDER BY sizes.total DESC
        """,
        limit,
    )
    return [(room_id, int(total)) for room_id, total in rows]
