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
    """Remembered of a user in a room: the place read up to, and the running number there."""

    receipt: int
    place: int
    counted: int


class Unread:
    def __init__(self, receipts: ReadSource, moves: Moves) -> None:
        self._receipts = receipts
        self._moves = moves
        self._bases: OrderedDict[tuple[str, str], Base] = OrderedDict()

    def counts(
        self, txn: Transaction, head: Head, user_id: str, joined: int, *, by_thread: bool
    ) -> tuple[Counts, dict[str, Counts]]:
        """Of the room (without threads if they are counted apart), and of each thread."""
        read = self._receipts.read_upto(txn, head.room_id, user_id)
        base = self._base(txn, head, user_id, max(read.main(), joined))
        rules = push_rules.of(txn, user_id).compiled
        if rules.in_room(head.room_id).key != DEFAULT_RULES.in_room("").key:
            return self._evaluated(txn, head, user_id, rules, base.place), {}
        total = Counts(
            min(head.counted - base.counted, MOST),
            self._highlights(txn, head, user_id, base.place),
        )
        threads = self._threads(txn, head, user_id, read, joined, base.place)
        in_threads = sum(behind for behind, _ in threads.values())
        if not by_thread:
            more = sum(counts.notifications - behind for behind, counts in threads.values())
            return Counts(max(0, total.notifications + more), total.highlights), {}
        main = Counts(max(0, total.notifications - in_threads), total.highlights)
        return main, {root: c for root, (_, c) in threads.items() if c.notifications}

    def _base(self, txn: Transaction, head: Head, user_id: str, receipt: int) -> Base:
        key = (head.room_id, user_id)
        base = self._bases.get(key)
        if base is None or base.receipt != receipt:
            place = unread.newest_own(txn, head.room, user_id, receipt)
            base = Base(receipt, place, unread.counted_upto(txn, head.room, place))
        else:
            self._note_own(base, head, user_id)
        self._bases[key] = base
        self._bases.move_to_end(key)
        if len(self._bases) > KEPT:
            self._bases.popitem(last=False)
        return base

    def _note_own(self, base: Base, head: Head, user_id: str) -> None:
        """Go on to the user's newest message, if memory reaches back to where we were."""
        newer = self._moves.recent(head.room_id).between(base.place, head.newest)
        if newer is None:
            base.receipt = -1  # looked up anew next time
            return
        for stored in reversed(newer):
            if stored.event.sender == user_id and not stored.event.is_state:
                base.place, base.counted = stored.position, stored.counted
                return

    def _highlights(self, txn: Transaction, head: Head, user_id: str, after: int) -> int:
        if not self._moves.recent(head.room_id).highlighted_after(after):
            return 0
        return highlights.count(txn, head.room, user_id, after, head.newest)

    def _threads(
        self, txn: Transaction, head: Head, user_id: str, read: ReadUpTo, joined: int, main: int
    ) -> dict[str, tuple[int, Counts]]:
        """By root: how many of the room's count are in the thread, and the thread's own count."""
        oldest = min([max(read.everything, joined), main, *read.threads.values()])
        if not self._moves.recent(head.room_id).related_after(oldest):
            return {}
        found: dict[str, list[int]] = {}
        for root, position in unread.in_threads(txn, head.room, user_id, oldest, head.newest):
            found.setdefault(root, []).append(position)
        return {
            root: (
                sum(position > main for position in positions),
                Counts(sum(p > max(read.thread(root), joined) for p in positions)),
            )
            for root, positions in found.items()
        }

    def _evaluated(
        self, txn: Transaction, head: Head, user_id: str, rules: CompiledRules, after: int
    ) -> Counts:
        """For users with rules of their own: what each newer event does for them."""
        newer = self._moves.recent(head.room_id).between(after, head.newest)
        if newer is None:
            newer = events.after(txn, head.room, after, MOST)
        return count(txn, head, user_id, rules, newer)


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
