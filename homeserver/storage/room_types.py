"""What lists of rooms are made of: the kinds of rooms, and when each was last active."""

from collections.abc import Collection, Iterable

from attrs import frozen

from homeserver.events.event import Event
from homeserver.storage import events, names
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
    encrypted: list[str]
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


def of_user(txn: Transaction, user_id: str, only: Collection[str] | None = None) -> RoomKinds:
    """Of all rooms, or `only` some of them: in one go, however many there are."""
    rooms = [] if only is None else list(names.find_many(txn, only).values())
    some = "" if only is None else f"AND memberships.room IN ({txn.in_list(rooms)})"
    rows = txn.query(
        f"""
        SELECT names.name,
            (SELECT MAX(events.place) FROM events WHERE events.room = memberships.room),
            current_state.room, room_types.type
        FROM memberships
        JOIN names ON names.id = memberships.room
        LEFT JOIN current_state ON current_state.room = memberships.room
            AND current_state.type = ? AND current_state.state_key = ?
        LEFT JOIN room_types ON room_types.room = memberships.room
        WHERE memberships.user_id = ? AND memberships.membership = 'join' {some}
        """,
        names.find(txn, "m.room.encryption") or 0,
        names.find(txn, "") or 0,
        names.find(txn, user_id) or 0,
        *rooms,
    )
    return RoomKinds(
        {room_id: place or 0 for room_id, place, _, _ in rows},
        [room_id for room_id, _, encrypted, _ in rows if encrypted is not None],
        {room_id: type for room_id, _, _, type in rows if type is not None},
    )


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
