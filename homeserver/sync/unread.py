"""Unread and highlight counts. Spec: "Receiving notifications", "Marking notifications as read".

Each event carries a running number of those before it that notify ordinary members. So for all who
have not changed the default rules, a count is a difference of two numbers, less what belongs to
threads. For whom the rules differ, events are evaluated: own_rules.py. Who sends a message has read
the room, or the thread, up to there.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Protocol

from homeserver.events.push_rules.compiled import CompiledRules
from homeserver.events.push_rules.evaluation import DEFAULT_RULES
from homeserver.rooms.receipts import ReadUpTo, thread_of
from homeserver.storage import account_data, highlights, push_rules
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction
from homeserver.sync.moves import Moves
from homeserver.sync.own_rules import Notice, OwnRules
from homeserver.sync.unread_base import Base, Counts, Stay, read_bases

__all__ = ["Counts", "Unread"]

KEPT = 50_000


class ReadSource(Protocol):
    def read_upto(self, txn: Transaction, room_id: str, user_id: str) -> ReadUpTo:
        """What the user's receipts say."""


class Unread:
    def __init__(self, receipts: ReadSource, moves: Moves) -> None:
        self._receipts = receipts
        self._moves = moves
        self._own_rules = OwnRules(moves)
        self._bases: OrderedDict[tuple[str, str], Base] = OrderedDict()

    def counts(
        self, txn: Transaction, head: Head, user_id: str, joined: int, *, by_thread: bool
    ) -> tuple[Counts, dict[str, Counts]]:
        """Of the room (without threads if they are counted apart), and of each thread."""
        base = self._base(txn, head, user_id, joined)
        rules = push_rules.of(txn, user_id).compiled
        ignored = ignored_here(txn, head, user_id)
        if ignored or not is_default(rules, head.room_id):
            notices = self._own_rules.notices(txn, head, user_id, ignored, base)
            main, threads = sort_out(notices, base)
        else:
            main, threads = base.main(head), base.threads
        if by_thread:
            return main, threads
        return sum(threads.values(), main), {}

    def read_place(self, txn: Transaction, head: Head, user_id: str, joined: int) -> int:
        """The place up to which the user has read the main timeline, or written in it."""
        return self._base(txn, head, user_id, joined).place

    def is_read(
        self, txn: Transaction, head: Head, user_id: str, joined: int, stored: Stored
    ) -> bool:
        """Whether the user has read an event, in its thread if it is in one."""
        base = self._base(txn, head, user_id, joined)
        root = thread_of(txn, head, stored)
        return stored.order <= (base.place if root is None else base.read_in(root))

    def read_ahead(self, txn: Transaction, user_id: str, stays: Iterable[tuple[Head, int]]) -> None:
        """For rooms, and since when the user is in them, that will be asked about one by one."""
        missing: list[Stay] = []
        for head, joined in stays:
            read = self._receipts.read_upto(txn, head.room_id, user_id)
            stay = Stay(head, joined, read)
            if self._known(txn, user_id, stay) is None:
                missing.append(stay)
        self._read(txn, user_id, missing)

    def _base(self, txn: Transaction, head: Head, user_id: str, joined: int) -> Base:
        stay = Stay(head, joined, self._receipts.read_upto(txn, head.room_id, user_id))
        base = self._known(txn, user_id, stay)
        return self._read(txn, user_id, [stay])[0] if base is None else base

    def _known(self, txn: Transaction, user_id: str, stay: Stay) -> Base | None:
        """What is remembered, if it still holds."""
        key = (stay.head.room_id, user_id)
        base = self._bases.get(key)
        if base is None or base.receipts != stay.read or base.joined != stay.joined:
            return None
        if not self._go_on(txn, base, stay.head, user_id):
            return None
        self._keep(key, base)
        return base

    def _read(self, txn: Transaction, user_id: str, stays: Sequence[Stay]) -> list[Base]:
        bases = read_bases(txn, user_id, stays)
        for stay, base in zip(stays, bases, strict=True):
            self._keep((stay.head.room_id, user_id), base)
        return bases

    def _keep(self, key: tuple[str, str], base: Base) -> None:
        self._bases[key] = base
        self._bases.move_to_end(key)
        if len(self._bases) > KEPT:
            self._bases.popitem(last=False)

    def _go_on(self, txn: Transaction, base: Base, head: Head, user_id: str) -> bool:
        """Take in the events since the last look; False if all must be read anew."""
        if head.newest <= base.checked:
            return True
        recent = self._moves.recent(head.room_id)
        newer = recent.between(base.checked, head.newest)
        if newer is None or any(stored.event.redacts is not None for stored in newer):
            return False
        mine: Iterable[int] = ()
        if recent.highlighted_after(base.checked):
            mine = highlights.positions(txn, head.room, user_id, base.checked, head.newest)
        for stored in newer:
            base.take(stored, user_id, stored.position in mine)
        base.checked = head.newest
        return True


def is_default(rules: CompiledRules, room_id: str) -> bool:
    """Whether these rules say in this room what those of most people say."""
    if rules is DEFAULT_RULES:
        return True
    return rules.in_room(room_id).key == DEFAULT_RULES.in_room("").key


def ignored_here(txn: Transaction, head: Head, user_id: str) -> frozenset[str]:
    """Those members of the room whom the user ignores: most often nobody."""
    ignored = account_data.ignored_by(txn, user_id)
    return frozenset(user for user in ignored if user in head.members) if ignored else ignored


def sort_out(notices: Iterable[Notice], base: Base) -> tuple[Counts, dict[str, Counts]]:
    """Counts of what has not been read, in the main timeline and in each thread."""
    main, threads = Counts(), dict[str, Counts]()
    for notice in notices:
        one = Counts(1, int(notice.highlights))
        if notice.root is None:
            if notice.place > base.place:
                main += one
        elif notice.place > base.read_in(notice.root):
            threads[notice.root] = threads.get(notice.root, Counts()) + one
    return main, threads
