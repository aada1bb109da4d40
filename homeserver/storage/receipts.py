"""How far users have read rooms, kept so that a sync of quiet rooms touches no SQL."""

from collections.abc import Collection, Iterable

from attrs import field, frozen
from immutables import Map

from homeserver.changes import ReceiptMoved
from homeserver.storage import names
from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Transaction

READ, READ_PRIVATE = "m.read", "m.read.private"
MAIN = "main"
KEPT = 64
"""Newest receipts of a room in memory; who missed more is served by the database."""

CACHE_BYTES = 4 * 1024 * 1024


@frozen
class Receipt:
    """`thread` is a thread's root, "main", or empty; `place` is that of the event."""

    user_id: str
    type: str
    thread: str
    event_id: str
    place: int
    ts: int
    position: int = 0

    @property
    def is_private(self) -> bool:
        return self.type == READ_PRIVATE


@frozen
class ReadUpTo:
    """Places up to which a user has read a room: of all threads, and of single ones."""

    everything: int
    threads: dict[str, int] = field(factory=dict)
    """By thread root, with "main" for what is in no thread."""

    def main(self) -> int:
        return max(self.everything, self.threads.get(MAIN, 0))

    def thread(self, root: str) -> int:
        return max(self.everything, self.threads.get(root, 0))

    def with_receipt(self, thread: str, place: int) -> "ReadUpTo":
        if not thread:
            return ReadUpTo(max(self.everything, place), self.threads)
        return ReadUpTo(
            self.everything, {**self.threads, thread: max(place, self.threads.get(thread, 0))}
        )


@frozen
class Recent:
    """The newest receipts of a room, oldest first; all behind `complete_after` are here."""

    complete_after: int
    receipts: tuple[Receipt, ...] = ()

    def add(self, receipt: Receipt) -> "Recent":
        if len(self.receipts) < KEPT:
            return Recent(self.complete_after, (*self.receipts, receipt))
        return Recent(self.receipts[0].position, (*self.receipts[1:], receipt))


NOTHING_READ = ReadUpTo(0)
Reads = Map[str, ReadUpTo]
"""What a user has read, by room id."""


def find_place(txn: Transaction, room: int, user_id: str, type: str, thread: str) -> int | None:
    """Where the user's receipt stands."""
    row = txn.one(
        "SELECT place FROM receipts WHERE user_id = ? AND room = ? AND type = ? AND thread = ?",
        names.find(txn, user_id) or 0,
        room,
        type,
        thread,
    )
    return None if row is None else int(row[0])


def save(txn: Transaction, room_id: str, room: int, receipt: Receipt) -> None:
    """Put a receipt in the place of its predecessor, under a new `position`, and tell of it."""
    position = txn.next_position()
    placed = Receipt(
        receipt.user_id,
        receipt.type,
        receipt.thread,
        receipt.event_id,
        receipt.place,
        receipt.ts,
        position,
    )
    txn.insert(
        """
        INSERT INTO receipts (user_id, room, type, thread, event_id, place, ts, position)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (user_id, room, type, thread) DO UPDATE SET event_id = excluded.event_id,
            place = excluded.place, ts = excluded.ts, position = excluded.position
        """,
        names.intern(txn, receipt.user_id),
        room,
        receipt.type,
        receipt.thread,
        receipt.event_id,
        receipt.place,
        receipt.ts,
        position,
    )
    reads = _reads_of(txn, receipt.user_id)
    read = reads.get(room_id, NOTHING_READ).with_receipt(receipt.thread, receipt.place)
    txn.put(_reads(txn), receipt.user_id, reads.set(room_id, read))
    txn.put(_recent(txn), room, _recent_of(txn, room).add(placed))
    txn.announce(ReceiptMoved(position, room_id, receipt.user_id, receipt.is_private))


def load_recent(txn: Transaction, rooms: Iterable[int]) -> None:
    """Take into memory where the newest receipts of many rooms are, with one statement."""
    _read_recent(txn, [room for room in rooms if txn.see(_recent(txn), room) is None])


def read_upto(txn: Transaction, room_id: str, user_id: str) -> ReadUpTo:
    return _reads_of(txn, user_id).get(room_id, NOTHING_READ)


def readers_after(txn: Transaction, position: int) -> list[str]:
    """Who has moved a receipt behind this position; looks at all of them."""
    rows = txn.query(
        """
        SELECT DISTINCT names.name FROM receipts JOIN names ON names.id = receipts.user_id
        WHERE position > ?
        """,
        position,
    )
    return [user_id for (user_id,) in rows]


def has_read_since(txn: Transaction, user_id: str, ts: int) -> bool:
    """Whether the user has moved any receipt since that time."""
    row = txn.one(
        "SELECT 1 FROM receipts WHERE user_id = ? AND ts > ? LIMIT 1",
        names.find(txn, user_id) or 0,
        ts,
    )
    return row is not None


def between(txn: Transaction, room: int, user_id: str, after: int, upto: int) -> Iterable[Receipt]:
    """What moved in this part of the number line, as far as the user may know of it."""
    return [
        receipt
        for receipt in all_between(txn, room, after, upto)
        if not receipt.is_private or receipt.user_id == user_id
    ]


def all_between(txn: Transaction, room: int, after: int, upto: int) -> Iterable[Receipt]:
    """What moved in this part of the number line, private receipts too."""
    recent = _recent_of(txn, room)
    if after >= recent.complete_after:
        if not recent.receipts or recent.receipts[-1].position <= after:
            return ()
        moved: Iterable[Receipt] = recent.receipts
    else:
        moved = _read_between(txn, room, after, upto)
    newest = {
        (receipt.user_id, receipt.type, receipt.thread): receipt
        for receipt in moved
        if after < receipt.position <= upto
    }
    return newest.values()


def from_place(txn: Transaction, room: int, user_id: str, first: int | None) -> Iterable[Receipt]:
    """All of the user's own receipts, and those of others at events from the place `first` on."""
    recent = _recent_of(txn, room)
    if not recent.complete_after and not recent.receipts:
        return []
    own = txn.query(
        """
        SELECT type, thread, event_id, place, ts, position FROM receipts
        WHERE user_id = ? AND room = ?
        """,
        names.find(txn, user_id) or 0,
        room,
    )
    found = [Receipt(user_id, *row) for row in own]
    # A receipt is newer than the event that it names: the index by position leads to them.
    later: Iterable[Receipt] = ()
    if first is not None:
        later = between(txn, room, user_id, first, txn.position)
    found += [
        receipt
        for receipt in later
        if receipt.place >= (first or 0) and receipt.user_id != user_id and not receipt.is_private
    ]
    return found


def _read_between(txn: Transaction, room: int, after: int, upto: int) -> list[Receipt]:
    rows = txn.query(
        """
        SELECT names.name, type, thread, event_id, place, ts, position FROM receipts
        JOIN names ON names.id = receipts.user_id
        WHERE room = ? AND position > ? AND position <= ? ORDER BY position
        """,
        room,
        after,
        upto,
    )
    return [Receipt(*row) for row in rows]


def _reads_of(txn: Transaction, user_id: str) -> Reads:
    known: Reads | None = txn.see(_reads(txn), user_id)
    if known is not None:
        return known
    found: dict[str, ReadUpTo] = {}
    rows = txn.query(
        """
        SELECT names.name, thread, place FROM receipts JOIN names ON names.id = receipts.room
        WHERE user_id = ?
        """,
        names.find(txn, user_id) or 0,
    )
    for room_id, thread, place in rows:
        found[room_id] = found.get(room_id, NOTHING_READ).with_receipt(thread, place)
    reads: Reads = Map(found)
    txn.fill(_reads(txn), user_id, reads)
    return reads


def _recent_of(txn: Transaction, room: int) -> Recent:
    known: Recent | None = txn.see(_recent(txn), room)
    return _read_recent(txn, [room])[room] if known is None else known


def _read_recent(txn: Transaction, rooms: Collection[int]) -> dict[int, Recent]:
    newest = dict.fromkeys(rooms, 0)
    if rooms:
        rows = txn.query(
            f"""
            SELECT rooms.room, (SELECT MAX(position) FROM receipts WHERE receipts.room = rooms.room)
            FROM rooms WHERE rooms.room IN ({txn.in_list(rooms)})
            """,
            *rooms,
        )
        newest.update((room, position or 0) for room, position in rows)
    found = {room: Recent(position) for room, position in newest.items()}
    for room, recent in found.items():
        txn.fill(_recent(txn), room, recent)
    return found


def delete_of_user(txn: Transaction, user_id: str) -> None:
    """Forget how far somebody has read, in all rooms."""
    user = names.find(txn, user_id) or 0
    for (room,) in txn.query("SELECT DISTINCT room FROM receipts WHERE user_id = ?", user):
        txn.drop(_recent(txn), room)
    txn.drop(_reads(txn), user_id)
    txn.execute("DELETE FROM receipts WHERE user_id = ?", user)


def _reads(txn: Transaction) -> Cache[str, Reads]:
    return txn.memory.cache("read_upto", CACHE_BYTES, lambda _, reads: 300 + 400 * len(reads))


def _recent(txn: Transaction) -> Cache[int, Recent]:
    return txn.memory.cache(
        "recent_receipts", CACHE_BYTES, lambda _, recent: 300 + 400 * len(recent.receipts)
    )
