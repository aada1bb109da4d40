"""Unread and highlight counts. Spec: "Receiving notifications", "Marking notifications as read".

Each event carries a running number of those before it that notify ordinary members. So for
everybody who has not
changed the default rules, a count is a difference of two numbers. Whose rules differ, events are
evaluated for.
What a user has sent counts as read up to there.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Protocol

from attrs import define, frozen

from homeserver.events.push_rules.compiled import CompiledRules
from homeserver.events.push_rules.evaluation import DEFAULT_RULES, SharedEvaluation
from homeserver.events.push_rules.facts import RoomView
from homeserver.json_values import JsonObject
from homeserver.rooms.receipts import ReadUpTo
from homeserver.rooms.state_view import StateView
from homeserver.storage import events, highlights, push_rules, unread
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction
from homeserver.sync.moves import Moves

MOST = 1000
"""Higher counts are not told apart."""
KEPT = 50_000


class ReadSource(Protocol):
    def read_upto(self, txn: Transaction, room_id: str, user_id: str) -> ReadUpTo:
        """What the user's receipts say."""


@frozen
class Counts:
    notifications: int = 0
    highlights: int = 0

    def as_json(self) -> JsonObject:
        return {"notification_count": self.notifications, "highlight_count": self.highlights}


@define
class Base:
    """Remembered of a user in a room, true up to the place `checked`.

    What the receipts said, the place read up to with the room's running number there, how many
    events behind it highlight, and (root, position) of those in threads behind the receipt.
    """

    receipts: ReadUpTo
    joined: int
    checked: int
    place: int
    counted: int
    highlights: int
    in_threads: list[tuple[str, int]]


class Unread:
    def __init__(self, receipts: ReadSource, moves: Moves) -> None:
        self._receipts = receipts
        self._moves = moves
        self._bases: OrderedDict[tuple[str, str], Base] = OrderedDict()

    def counts(
        self, txn: Transaction, head: Head, user_id: str, joined: int, *, by_thread: bool
    ) -> tuple[Counts, dict[str, Counts]]:
        """Of the room (without threads if they are counted apart), and of each thread."""
        base = self._base(txn, head, user_id, joined)
        rules = push_rules.of(txn, user_id).compiled
        if rules.in_room(head.room_id).key != DEFAULT_RULES.in_room("").key:
            return self._evaluated(txn, head, user_id, rules, base.place), {}
        total = max(0, min(head.counted - base.counted, MOST))
        if not base.in_threads:
            return Counts(total, base.highlights), {}
        total -= sum(position > base.place for _, position in base.in_threads)
        threads = unread_threads(base)
        if by_thread:
            return Counts(max(0, total), base.highlights), threads
        total += sum(counts.notifications for counts in threads.values())
        return Counts(max(0, total), base.highlights), {}

    def _base(self, txn: Transaction, head: Head, user_id: str, joined: int) -> Base:
        key = (head.room_id, user_id)
        read = self._receipts.read_upto(txn, head.room_id, user_id)
        base = self._bases.get(key)
        if base is not None and (base.receipts != read or base.joined != joined):
            base = None
        if base is None or not self._go_on(txn, base, head, user_id):
            base = read_base(txn, head, user_id, read, joined)
        self._bases[key] = base
        self._bases.move_to_end(key)
        if len(self._bases) > KEPT:
            self._bases.popitem(last=False)
        return base

    def _go_on(self, txn: Transaction, base: Base, head: Head, user_id: str) -> bool:
        """Take in the events since `checked`; False if memory does not reach back so far."""
        if head.newest <= base.checked:
            return True
        recent = self._moves.recent(head.room_id)
        newer = recent.between(base.checked, head.newest)
        if newer is None:
            return False
        own = next((s for s in reversed(newer) if is_own_message(s, user_id)), None)
        if own is not None:
            base.place, base.counted, base.highlights = own.position, own.counted, 0
        if recent.highlighted_after(max(base.checked, base.place)):
            base.highlights = highlights.count(txn, head.room, user_id, base.place, head.newest)
        if recent.related_after(base.checked):
            base.in_threads = in_threads(txn, head, user_id, base.receipts, base.joined)
        base.checked = head.newest
        return True

    def _evaluated(
        self, txn: Transaction, head: Head, user_id: str, rules: CompiledRules, after: int
    ) -> Counts:
        """For users with rules of their own: what each newer event does for them."""
        newer = self._moves.recent(head.room_id).between(after, head.newest)
        if newer is None:
            newer = events.after(txn, head.room, after, MOST)
        return count(txn, head, user_id, rules, newer)


def read_base(txn: Transaction, head: Head, user_id: str, read: ReadUpTo, joined: int) -> Base:
    place = unread.newest_own(txn, head.room, user_id, max(read.main(), joined))
    return Base(
        read,
        joined,
        head.newest,
        place,
        unread.counted_upto(txn, head.room, place),
        highlights.count(txn, head.room, user_id, place, head.newest),
        in_threads(txn, head, user_id, read, joined),
    )


def in_threads(
    txn: Transaction, head: Head, user_id: str, read: ReadUpTo, joined: int
) -> list[tuple[str, int]]:
    after = max(read.everything, joined)
    return unread.in_threads(txn, head.room, user_id, after, head.newest)


def unread_threads(base: Base) -> dict[str, Counts]:
    """The threads with events that were not read there."""
    found: dict[str, int] = {}
    for root, position in base.in_threads:
        if position > base.receipts.thread(root):
            found[root] = found.get(root, 0) + 1
    return {root: Counts(number) for root, number in found.items()}


def is_own_message(stored: Stored, user_id: str) -> bool:
    return stored.event.sender == user_id and not stored.event.is_state


def count(
    txn: Transaction, head: Head, user_id: str, rules: CompiledRules, newer: Iterable[Stored]
) -> Counts:
    levels = StateView(txn, head).power_levels()
    name = display_name(txn, head, user_id)
    notified = highlighted = 0
    for stored in newer:
        event = stored.event
        room = RoomView(
            len(head.members), levels.user(event.sender), {"room": levels.notifications()}
        )
        actions = SharedEvaluation.of(event, room).for_user(user_id, rules, name)
        notified += actions.notify
        highlighted += actions.highlight
    return Counts(min(notified, MOST), highlighted)


def display_name(txn: Transaction, head: Head, user_id: str) -> str | None:
    """The user's name in this room."""
    member = head.event(txn, "m.room.member", user_id)
    name = member.event.content.get("displayname") if member else None
    return name if isinstance(name, str) else None
