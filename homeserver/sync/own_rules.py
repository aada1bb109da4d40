"""What events do for users with push rules of their own, or who ignore somebody in the room.

Each event is evaluated once for all who have the same rules, and counted once for each of them.
"""

from collections import OrderedDict

from attrs import define, field, frozen

from homeserver.events.push_rules.compiled import CompiledRules
from homeserver.events.push_rules.evaluation import SharedEvaluation
from homeserver.rooms.push_view import display_name, room_view
from homeserver.rooms.receipts import thread_of
from homeserver.storage import events, push_rules, unread
from homeserver.storage.cache import Cache
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction
from homeserver.sync.moves import Moves
from homeserver.sync.unread_base import Base

MOST = 500
"""The newest events that are evaluated for somebody who has long been away."""
EVALUATIONS = 512
CACHE_BYTES = 4 * 1024 * 1024

Key = tuple[bytes, frozenset[str], str | None]
"""The rules in the room, who is ignored, the display name."""


@frozen
class Notice:
    """An event that notifies the user; `root` is that of its thread."""

    position: int
    place: int
    root: str | None
    highlights: bool


@define
class Noted:
    key: Key
    upto: int
    notices: list[Notice] = field(factory=list)


class OwnRules:
    def __init__(self, moves: Moves) -> None:
        self._moves = moves
        self._noted: Cache[tuple[str, str], Noted] = Cache(
            CACHE_BYTES, lambda _, noted: 400 + 120 * len(noted.notices)
        )
        self._evaluations: OrderedDict[int, SharedEvaluation] = OrderedDict()

    def notices(
        self, txn: Transaction, head: Head, user_id: str, ignored: frozenset[str], base: Base
    ) -> list[Notice]:
        """At least those that the user has not read, oldest first."""
        rules = push_rules.of(txn, user_id).compiled
        name = display_name(txn, head, user_id)
        key = (rules.in_room(head.room_id).key, ignored, name)
        noted = self._noted.get((head.room_id, user_id))
        if noted is None or noted.key != key:
            noted = Noted(key, head.newest)
            newer = _unread(txn, head, user_id, base)
        elif noted.upto >= head.newest:
            return noted.notices
        else:
            newer = self._between(txn, head, noted.upto)
            noted = Noted(key, head.newest, _still_there(txn, noted.notices, newer))
        heard = [stored for stored in newer if stored.event.sender not in ignored]
        noted.notices += self._evaluate(txn, head, user_id, rules, heard)
        self._noted.put((head.room_id, user_id), noted, 0)
        return noted.notices

    def _between(self, txn: Transaction, head: Head, after: int) -> list[Stored]:
        kept = self._moves.recent(head.room_id).between(after, head.newest)
        if kept is not None:
            return kept
        return events.before(txn, head.room, head.newest, MOST, after)[::-1]

    def _evaluate(
        self,
        txn: Transaction,
        head: Head,
        user_id: str,
        rules: CompiledRules,
        found: list[Stored],
    ) -> list[Notice]:
        name = display_name(txn, head, user_id)
        notices: list[Notice] = []
        there = events.at_all(txn, [stored.position for stored in found])
        for stored in found:
            if stored.position not in there or there[stored.position].redaction is not None:
                continue
            actions = self._evaluation(txn, head, stored).for_user(user_id, rules, name)
            if actions.notify:
                root = thread_of(txn, head, stored)
                notices.append(Notice(stored.position, stored.place or 0, root, actions.highlight))
        return notices

    def _evaluation(self, txn: Transaction, head: Head, stored: Stored) -> SharedEvaluation:
        found = self._evaluations.get(stored.position)
        if found is None:
            room = room_view(txn, head, stored.event)
            found = self._evaluations[stored.position] = SharedEvaluation.of(stored.event, room)
            if len(self._evaluations) > EVALUATIONS:
                self._evaluations.popitem(last=False)
        return found


def _unread(txn: Transaction, head: Head, user_id: str, base: Base) -> list[Stored]:
    """The newest unread events, and older ones that are unread in their threads."""
    newer = events.before(txn, head.room, head.newest, MOST, base.place)[::-1]
    oldest = max(base.receipts.everything, base.joined)
    rows = unread.in_threads(txn, head.room, user_id, oldest, base.place)
    older = [row.position for row in rows if row.position > base.read_in(row.root)]
    found = events.at_all(txn, older)
    return [*(found[position] for position in sorted(older)), *newer]


def _still_there(txn: Transaction, notices: list[Notice], newer: list[Stored]) -> list[Notice]:
    """Less what has been redacted meanwhile, and what nobody counts any more."""
    kept = notices[-2 * MOST :]
    if all(stored.event.redacts is None for stored in newer):
        return kept
    there = events.at_all(txn, [notice.position for notice in kept])
    return [
        notice
        for notice in kept
        if (stored := there.get(notice.position)) is not None and stored.redaction is None
    ]
