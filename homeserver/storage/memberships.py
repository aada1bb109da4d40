"""Who is in which room, by user and by room."""

from collections.abc import Iterable, Sequence
from sys import intern
from typing import Any, NamedTuple

from immutables import Map

from homeserver.storage import names
from homeserver.storage.transaction import Transaction


class Membership(NamedTuple):
    """A user's newest membership of a room; `position` is its event's.

    It has held since `moved`: later than that where a fork made an older event count. A tuple, as
    somebody in thousands of rooms has thousands of them.
    """

    membership: str
    position: int
    sender: str
    forgotten: bool
    moved: int

    @classmethod
    def by_event(cls, membership: str, position: int, sender: str) -> "Membership":
        """As it has held since its event."""
        return cls(membership, position, sender, False, position)


Rooms = Map[str, Membership]

_SAVE = """
    INSERT INTO memberships (user_id, room, membership, position, moved, sender, forgotten)
    VALUES (?, ?, ?, ?, ?, ?, 0)
    ON CONFLICT (user_id, room) DO UPDATE SET membership = excluded.membership,
        position = excluded.position, moved = excluded.moved, sender = excluded.sender,
        forgotten = 0
    """


def save(txn: Transaction, user_id: str, room_id: str, room: int, new: Membership) -> None:
    txn.insert(_SAVE, *_row_of(txn, user_id, room, new))
    _remember(txn, user_id, room_id, new)


def save_all(
    txn: Transaction, room_id: str, room: int, found: Iterable[tuple[str, Membership]]
) -> None:
    """Many of one room; the names of users and senders are interned already."""
    for user_id, new in found:
        txn.insert(_SAVE, *_row_of(txn, user_id, room, new))
        _remember(txn, user_id, room_id, new)


def _row_of(txn: Transaction, user_id: str, room: int, new: Membership) -> tuple[object, ...]:
    user, sender = names.intern(txn, user_id), names.intern(txn, new.sender)
    return user, room, new.membership, new.position, new.moved, sender


def _remember(txn: Transaction, user_id: str, room_id: str, new: Membership) -> None:
    known: Rooms | None = txn.see(txn.memory.rooms_of_users, user_id)
    if known is None:
        txn.drop(txn.memory.rooms_of_users, user_id)
    else:
        txn.put(txn.memory.rooms_of_users, user_id, known.set(room_id, new))


def of_user(txn: Transaction, user_id: str) -> Rooms:
    """Every room that the user has, or had, to do with."""
    known: Rooms | None = txn.see(txn.memory.rooms_of_users, user_id)
    if known is not None:
        return known
    user = names.find(txn, user_id) or 0
    return keep(txn, user_id, txn.query_columns(COLUMNS, OF_USER, user))


COLUMNS = (
    "names.name",
    "memberships.membership",
    "memberships.position",
    "memberships.sender",
    "memberships.forgotten",
    "memberships.moved",
)
OF_USER = """
    FROM memberships JOIN names ON names.id = memberships.room WHERE memberships.user_id = ?
    """


def keep(txn: Transaction, user_id: str, columns: Sequence[list[Any]]) -> Rooms:
    """All rooms of a user, read from these columns."""
    ids, kinds, positions, senders, forgotten, moved = columns
    # Somebody in thousands of rooms was let into most of them by few: themselves, above all.
    names_of = names.names_of(txn, set(senders))
    found = map(
        Membership,
        map(intern, kinds),
        positions,
        map(names_of.__getitem__, senders),
        map(bool, forgotten),
        moved,
    )
    rooms: Rooms = Map(zip(ids, found, strict=True))
    txn.fill(txn.memory.rooms_of_users, user_id, rooms)
    return rooms


def forget(txn: Transaction, user_id: str, room_id: str) -> None:
    """Hide a room that the user has left."""
    rooms = of_user(txn, user_id)
    membership = rooms[room_id]
    txn.execute(
        "UPDATE memberships SET forgotten = 1 WHERE user_id = ? AND room = ?",
        names.intern(txn, user_id),
        names.intern(txn, room_id),
    )
    hidden = membership._replace(forgotten=True)
    txn.put(txn.memory.rooms_of_users, user_id, rooms.set(room_id, hidden))


def moved_since(txn: Transaction, room_id: str, after: int) -> list[tuple[str, str]]:
    """Users whose membership of a room is newer than this place, and what it is now."""
    rows = txn.query(
        """
        SELECT names.name, memberships.membership
        FROM memberships JOIN names ON names.id = memberships.user_id
        WHERE memberships.room = ? AND memberships.moved > ?
        """,
        names.find(txn, room_id) or 0,
        after,
    )
    return [(user_id, membership) for user_id, membership in rows]
