"""Takes rooms into memory together, before each of them is told of: many with few statements."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from homeserver.rooms.history import visibilities_before
from homeserver.storage import events, heads, newest_events, receipts, relations, state_trees
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.storage.transaction import Transaction
from homeserver.sync.moves import Recent
from homeserver.sync.view import MEMBER, View

T = TypeVar("T")

TOGETHER = 50
"""Few enough to be in memory still when they are told of."""

MOST_EVENTS = 2000
"""Of more, a statement for each room is no burden, but all of them in memory would be."""

BEFORE_ALL = -(2**62)

Wanted = Callable[[Head], Iterable[int]]
"""The positions of the state events that will be shown of a room."""


def read_rooms(
    txn: Transaction, rooms: Sequence[tuple[str, Membership]], wanted: Wanted
) -> dict[int, Stored]:
    """The events that the caller keeps while it tells of these rooms, so that memory does."""
    heads.load_all(txn, (room_id for room_id, _ in rooms))
    found = loaded(txn, rooms)
    own = events.at_all(txn, [membership.position for _, membership in rooms])
    positions = [stored.replaces for stored in own.values() if stored.replaces is not None]
    for head in found:
        positions += wanted(head)
    numbers = [head.room for head in found]
    relations.load_newest(txn, numbers)
    receipts.load_recent(txn, numbers)
    return own | events.at_all(txn, positions)


def loaded(txn: Transaction, rooms: Iterable[tuple[str, Membership]]) -> list[Head]:
    """The heads of those of the rooms that have one in memory."""
    found: list[Head | None] = [txn.see(txn.memory.heads, room_id) for room_id, _ in rooms]
    return [head for head in found if head is not None]


def read_newest(view: View, found: Sequence[Head], limit: int) -> object:
    """The events of timelines with so many of them, and what tells whether there are more.

    What goes with them stays in memory as long as the caller keeps it.
    """
    view.ahead.clear()
    count = limit + 1
    if count * len(found) > MOST_EVENTS:
        return None
    rooms = {head.room: head.room_id for head in found}
    for room, newest in newest_events.newest_of_each(view.txn, rooms, count).items():
        # Before the first event of a room there is nothing.
        complete_after = newest[0].order - 1 if len(newest) == count else BEFORE_ALL
        view.ahead[rooms[room]] = Recent(complete_after, complete_after, deque(newest))
    return _read_around(view, found)


def _read_around(view: View, found: Sequence[Head]) -> object:
    """Who speaks in these timelines, and who may see what was said before the user came."""
    members: list[int] = []
    strange: list[Stored] = []
    for head in found:
        timeline = view.ahead[head.room_id].events
        senders = {stored.event.sender for stored in timeline}
        places = (head.state.get((MEMBER, sender)) for sender in senders)
        members += [place for place in places if place is not None]
        if timeline and view.joined(head) > timeline[0].order:
            strange += timeline
    settings = visibilities_before(view.txn, strange)
    return events.at_all(view.txn, members), settings


def read_starts(view: View, found: Iterable[Head]) -> None:
    """How the state was before the timelines that have been read: what has changed since."""
    state_trees.load_differing(
        view.txn,
        [
            (stored.room_state, head.root)
            for head in found
            # The oldest one only tells that there is more.
            if (ahead := view.ahead.get(head.room_id)) is not None
            for stored in islice(ahead.events, 1, 2)
        ],
    )


def in_portions(found: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(found)
    while portion := list(islice(rest, TOGETHER)):
        yield portion
