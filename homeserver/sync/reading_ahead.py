"""Takes rooms into memory together, before each of them is told of: many with few statements."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from homeserver.storage import events, heads
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.storage.transaction import Transaction

T = TypeVar("T")

TOGETHER = 50
"""Few enough to be in memory still when they are told of."""

Wanted = Callable[[Head], Iterable[int]]
"""The positions of the state events that will be shown of a room."""


def read_rooms(
    txn: Transaction, rooms: Sequence[tuple[str, Membership]], wanted: Wanted
) -> dict[int, Stored]:
    """The events that the caller keeps while it tells of these rooms, so that memory does."""
    heads.load_all(txn, (room_id for room_id, _ in rooms))
    positions = [membership.position for _, membership in rooms]
    for room_id, _ in rooms:
        head: Head | None = txn.see(txn.memory.heads, room_id)
        if head is not None:
            positions += wanted(head)
    return events.at_all(txn, positions)


def in_portions(found: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(found)
    while portion := list(islice(rest, TOGETHER)):
        yield portion
