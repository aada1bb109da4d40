"""What one user has not read of a room, under default push rules."""

from collections.abc import Sequence

from attrs import define, frozen

from homeserver.json_values import JsonObject
from homeserver.rooms.push_view import thread_root
from homeserver.rooms.receipts import ReadUpTo
from homeserver.storage import highlights, relations, unread
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

MOST = 1000
"""Higher counts are not told apart."""


@frozen
class Counts:
    notifications: int = 0
    highlights: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.notifications + other.notifications, self.highlights + other.highlights)

    def as_json(self) -> JsonObject:
        highlights = min(self.highlights, MOST)
        notifications = max(highlights, min(self.notifications, MOST))
        return {"notification_count": notifications, "highlight_count": highlights}


@define
class Base:
    """Remembered of a user in a room, true up to the place `checked`.

    `place` is where the main timeline is read up to, `counted` the room's running number there, and
    `seen` at `checked`. `beside` of the events counted since are in threads, or redacted.
    `own` are the places of the user's newest messages in threads.
    """

    receipts: ReadUpTo
    joined: int
    checked: int
    seen: int
    place: int
    counted: int
    beside: int
    highlights: int
    threads: dict[str, Counts]
    own: dict[str, int]

    def main(self, head: Head) -> Counts:
        return Counts(max(0, head.counted - self.counted - self.beside), self.highlights)

    def read_in(self, root: str) -> int:
        """The place up to which a thread is read."""
        return max(self.receipts.thread(root), self.joined, self.own.get(root, 0))

    def take(self, stored: Stored, user_id: str, is_highlight: bool) -> None:
        """Go on to the next event of the room."""
        new = Counts(stored.counted - self.seen, int(is_highlight))
        self.seen = stored.counted
        is_own = stored.event.sender == user_id and not stored.event.is_state
        root = thread_root(stored.event)
        if root is not None:
            self.beside += new.notifications
            self.take_in_thread(root, stored.place or 0, new, is_own)
        elif is_own:
            self.place, self.counted = stored.place or 0, stored.counted
            self.beside = self.highlights = 0
        else:
            self.highlights += new.highlights

    def take_in_thread(self, root: str, place: int, new: Counts, is_own: bool) -> None:
        if is_own:
            self.own[root] = place
            self.threads.pop(root, None)
        elif new != Counts():
            self.threads[root] = self.threads.get(root, Counts()) + new


@frozen(eq=False)
class Stay:
    """A user in a room, since `joined`, and how far they have read it."""

    head: Head
    joined: int
    read: ReadUpTo


def read_bases(txn: Transaction, user_id: str, stays: Sequence[Stay]) -> list[Base]:
    """In many rooms, with few statements."""
    if not stays:
        return []
    rooms = [stay.head.room for stay in stays]
    highlights.load_newest(txn, rooms)
    relations.load_newest(txn, rooms)
    after = {stay.head.room: max(stay.read.main(), stay.joined) for stay in stays}
    places = unread.newest_own(txn, user_id, after)
    asked = {stay.head.room: (places[stay.head.room], stay.head.newest) for stay in stays}
    counted = unread.counted_upto(txn, asked)
    return [
        _base_at(txn, user_id, stay, places[stay.head.room], counted[stay.head.room])
        for stay in stays
    ]


def _base_at(
    txn: Transaction, user_id: str, stay: Stay, place: int, counts: tuple[int, int]
) -> Base:
    head = stay.head
    oldest = max(stay.read.everything, stay.joined)
    mine = set(highlights.positions(txn, head.room, user_id, oldest, head.newest))
    base = Base(
        stay.read,
        stay.joined,
        checked=head.newest,
        seen=head.counted,
        place=place,
        counted=counts[0],
        beside=counts[1],
        highlights=0,
        threads={},
        own={},
    )
    for row in unread.in_threads(txn, head.room, user_id, oldest, head.newest):
        base.beside += row.counts and row.position > place
        is_mine = row.position in mine
        mine.discard(row.position)
        if row.is_own or row.position > base.read_in(row.root):
            new = Counts(int(row.counts), int(is_mine))
            base.take_in_thread(row.root, row.position, new, row.is_own)
    base.highlights = sum(position > place for position in mine)
    return base
