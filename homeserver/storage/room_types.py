"""What lists of rooms are made of: the kinds of rooms, and when each was last active."""

from collections.abc import Collection, Iterable

from attrs import frozen

from homeserver.events.event import Event
from homeserver.storage import events, memberships, names
from homeserver.storage.memberships import Rooms
from homeserver.storage.transaction import Transaction

BUMPING = (
    "m.room.create",
    "m.room.message",
    "m.room.encrypted",
    "m.sticker",
    "m.call.invite",
    "m.poll.start",
    "org.matrix.msc3381.poll.start",
    "m.beacon_info",
    "org.matrix.msc3672.beacon_info",
)
"""What moves a room up in a client's list. Spec: MSC4186, `bump_stamp`."""


@frozen
class RoomKinds:
    """Of all rooms that a user has joined. `newest` are the places of their newest events."""

    newest: dict[str, int]
    types: dict[str, str]


def save(txn: Transaction, room: int, create: Event) -> None:
    """Remember the type in a room's m.room.create, if it has one."""
    type = create.content.get("type")
    if isinstance(type, str) and "\0" not in type:
        txn.insert(
            """
            INSERT INTO room_types (room, type) VALUES (?, ?)
            ON CONFLICT (room) DO UPDATE SET type = excluded.type
            """,
            room,
            type,
        )


_NEWEST = """(
    SELECT events.place FROM events
    WHERE events.room = memberships.room AND events.place IS NOT NULL
    ORDER BY events.place DESC LIMIT 1
)"""


def with_rooms(txn: Transaction, user_id: str) -> tuple[Rooms, RoomKinds]:
    """All rooms of a user, and their kinds, in one go: there may be thousands."""
    *columns, newest = txn.query_columns(
        (*memberships.COLUMNS, f"CASE WHEN memberships.membership = 'join' THEN {_NEWEST} END"),
        memberships.OF_USER,
        names.find(txn, user_id) or 0,
    )
    rooms = memberships.keep(txn, user_id, columns)
    places = {room_id: place for room_id, place in zip(columns[0], newest, strict=True) if place}
    return rooms, RoomKinds(places, _types(txn, user_id))


def of_user(txn: Transaction, user_id: str, only: Collection[str] | None = None) -> RoomKinds:
    """Of all rooms, or `only` some of them: in one go, however many there are."""
    some, rooms = _some(txn, only)
    rows = txn.query(
        f"""
        SELECT names.name, {_NEWEST} {memberships.OF_USER}
            AND memberships.membership = 'join' {some}
        """,
        names.find(txn, user_id) or 0,
        *rooms,
    )
    places = {room_id: place or 0 for room_id, place in rows}
    return RoomKinds(places, _types(txn, user_id, only))


def _types(txn: Transaction, user_id: str, only: Collection[str] | None = None) -> dict[str, str]:
    """SQLite, too, begins with the rooms of the user: few rooms of others have types in common."""
    some, rooms = _some(txn, only)
    rows = txn.query(
        f"""
        SELECT names.name, room_types.type FROM memberships CROSS JOIN room_types
        JOIN names ON names.id = memberships.room
        WHERE room_types.room = memberships.room AND memberships.user_id = ?
            AND memberships.membership = 'join' {some}
        """,
        names.find(txn, user_id) or 0,
        *rooms,
    )
    return dict(rows)


def encrypted_of(txn: Transaction, user_id: str, only: Collection[str] | None = None) -> list[str]:
    """The encrypted ones among all the rooms that a user has joined, or among `only` some."""
    some, rooms = _some(txn, only)
    rows = txn.query(
        f"""
        SELECT names.name FROM memberships JOIN names ON names.id = memberships.room
        JOIN current_state ON current_state.room = memberships.room
            AND current_state.type = ? AND current_state.state_key = ?
        WHERE memberships.user_id = ? AND memberships.membership = 'join' {some}
        """,
        names.find(txn, "m.room.encryption") or 0,
        names.find(txn, "") or 0,
        names.find(txn, user_id) or 0,
        *rooms,
    )
    return [room_id for (room_id,) in rows]


def _some(txn: Transaction, only: Collection[str] | None) -> tuple[str, list[int]]:
    if only is None:
        return "", []
    rooms = list(names.find_many(txn, only).values())
    return f"AND memberships.room IN ({txn.in_list(rooms)})", rooms


def newest_bumps(txn: Transaction, rooms: Iterable[int]) -> dict[int, int]:
    """The place of the newest event of each room that bumps it."""
    numbers = list(names.find_many(txn, BUMPING).values())
    found: dict[int, int] = {}
    for part in events.portions(list(rooms)):
        rows = txn.query(
            f"""
            SELECT rooms.room, (
                SELECT events.place FROM events
                WHERE events.room = rooms.room AND events.place IS NOT NULL
                    AND events.type IN ({txn.in_list(numbers)})
                ORDER BY events.place DESC LIMIT 1
            )
            FROM rooms WHERE rooms.room IN ({txn.in_list(part)})
            """,
            *numbers,
            *part,
        )
        found.update((room, place or 0) for room, place in rows)
    return found
