"""How far users have read. Spec: Client-Server API, "Receipts", "Read and unread markers"."""

from collections.abc import Iterable

from attrs import frozen

from homeserver.clock import Clock
from homeserver.errors import InvalidParam
from homeserver.json_values import JsonObject
from homeserver.rooms.access import joined_head
from homeserver.rooms.reading import find_visible
from homeserver.storage import events, names, receipts, relations
from homeserver.storage.database import Database
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.receipts import MAIN, READ, READ_PRIVATE, ReadUpTo, Receipt
from homeserver.storage.thread_roots import THREAD
from homeserver.storage.transaction import Transaction

__all__ = ["READ", "READ_PRIVATE", "ReadUpTo", "Receipts"]

MAX_HOPS = 3
"""How far an event may stand from one that is in a thread to count as in it."""


@frozen(eq=False)
class Receipts:
    _db: Database
    _clock: Clock

    async def set(
        self, user_id: str, room_id: str, type: str, event_id: str, thread_id: str | None = None
    ) -> None:
        """Move a receipt of type `m.read` or `m.read.private`, but never back."""
        now_ms = self._clock.now_ms()
        await self._db.write(move, user_id, room_id, type, event_id, thread_id, now_ms)

    def events(
        self, txn: Transaction, room_id: str, user_id: str, after: int, upto: int
    ) -> list[JsonObject]:
        """What moved for this user in a part of the number line, as m.receipt: most often one."""
        room = names.find(txn, room_id)
        if room is None:
            return []
        return receipt_events(receipts.between(txn, room, user_id, after, upto))

    def at_end(self, txn: Transaction, room_id: str, user_id: str, first: int | None) -> JsonObject:
        """The content of an m.receipt for who sees a room's events from the place `first` on."""
        room = names.find(txn, room_id)
        found = [] if room is None else receipts.from_place(txn, room, user_id, first)
        return one_content(found)

    def moved(
        self, txn: Transaction, room_id: str, user_id: str, after: int, upto: int
    ) -> JsonObject:
        """What moved in a part of the number line, as the content of one m.receipt."""
        room = names.find(txn, room_id)
        found = () if room is None else receipts.between(txn, room, user_id, after, upto)
        return one_content(found)

    def read_upto(self, txn: Transaction, room_id: str, user_id: str) -> ReadUpTo:
        return receipts.read_upto(txn, room_id, user_id)


def move(
    txn: Transaction,
    user_id: str,
    room_id: str,
    type: str,
    event_id: str,
    thread_id: str | None,
    now_ms: int,
) -> None:
    head = joined_head(txn, user_id, room_id)
    stored = find_visible(txn, head, user_id, event_id).stored
    if thread_id is not None and not is_in_thread(txn, head, stored, thread_id):
        raise InvalidParam("'thread_id' is not the thread that the event is in.")
    thread, place = thread_id or "", stored.place or 0
    stands_at = receipts.find_place(txn, head.room, user_id, type, thread)
    if stands_at is None or stands_at < place:
        receipt = Receipt(user_id, type, thread, event_id, place, now_ms)
        receipts.save(txn, room_id, head.room, receipt)


def is_in_thread(txn: Transaction, head: Head, stored: Stored, thread_id: str) -> bool:
    """A thread's root is in the main timeline; a receipt of its thread may begin with it too."""
    if stored.event.event_id == thread_id:
        return True
    root = thread_of(txn, head, stored)
    return thread_id == MAIN if root is None else thread_id == root


def thread_of(txn: Transaction, head: Head, stored: Stored) -> str | None:
    """The root of the thread that an event is in; None for the main timeline."""
    for _ in range(MAX_HOPS):
        relation = relations.relation_of(stored.event)
        if relation is None:
            return None
        if relation.rel_type == THREAD:
            return relation.relates_to
        parent = events.find(txn, relation.relates_to)
        if parent is None or parent.event.room_id != head.room_id:
            return None
        stored = parent
    return None


def receipt_events(moved: Iterable[Receipt]) -> list[JsonObject]:
    contents: list[JsonObject] = []
    for receipt in moved:
        _add(contents, receipt)
    return [{"type": "m.receipt", "content": content} for content in contents]


def one_content(found: Iterable[Receipt]) -> JsonObject:
    """Where only one m.receipt has room: of two receipts of a user at one event, one is told."""
    content: JsonObject = {}
    for receipt in sorted(found, key=lambda receipt: receipt.position):
        of_type = content.setdefault(receipt.event_id, {}).setdefault(receipt.type, {})
        data: JsonObject = {"ts": receipt.ts}
        if receipt.thread:
            data["thread_id"] = receipt.thread
        of_type[receipt.user_id] = data
    return content


def _add(contents: list[JsonObject], receipt: Receipt) -> None:
    """Receipts of one user at one event, but of different threads, need an m.receipt each."""
    data: JsonObject = {"ts": receipt.ts}
    if receipt.thread:
        data["thread_id"] = receipt.thread
    for content in contents:
        of_type = content.setdefault(receipt.event_id, {}).setdefault(receipt.type, {})
        if receipt.user_id not in of_type:
            of_type[receipt.user_id] = data
            return
    contents.append({receipt.event_id: {receipt.type: {receipt.user_id: data}}})
