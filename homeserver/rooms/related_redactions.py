"""Redactions that take along what relates to an event. MSC3912."""

from collections.abc import Collection

from attrs import frozen

from homeserver.errors import Forbidden
from homeserver.events.building import Draft
from homeserver.json_values import JsonObject
from homeserver.rooms import timeline
from homeserver.rooms.author import Author
from homeserver.rooms.paging import BEGINNING, END
from homeserver.rooms.redaction_checks import check_redaction
from homeserver.storage import events, relations
from homeserver.storage.database import Database
from homeserver.storage.events import Stored
from homeserver.storage.related_events import Span, children
from homeserver.storage.transaction import Transaction

ANY = "*"
PORTION = 25
"""In one transaction, so that others get their turn."""
MAX_RELATED = 1000
"""Events that one redaction takes along at most, oldest first."""


@frozen
class Wish:
    """Redact what relates to `target` in the ways named by `kinds` (with "*": in any)."""

    sender: str
    room_id: str
    target: str
    kinds: Collection[str]
    content: JsonObject


@frozen(eq=False)
class RelatedRedactions:
    _db: Database
    _author: Author

    async def redact(self, wish: Wish) -> None:
        """Those that the user may redact; the others stay."""
        place = BEGINNING
        for _ in range(MAX_RELATED // PORTION):
            reached = await self._db.write(self._redact, wish, place)
            if reached is None:
                return
            place = reached

    def _redact(self, txn: Transaction, wish: Wish, after: int) -> int | None:
        """The place to go on from, if there is more."""
        head = timeline.head(txn, wish.room_id)
        if head is None:
            return None
        span = Span(after, END, False, PORTION)
        positions = children(txn, head.room, wish.target, None, None, span)
        found = events.at_all(txn, positions)
        for position in positions:
            if is_wanted(wish, found[position]):
                self._redact_one(txn, wish, found[position].event.event_id)
        last = found[positions[-1]] if len(positions) == PORTION else None
        return None if last is None else last.place

    def _redact_one(self, txn: Transaction, wish: Wish, event_id: str) -> None:
        head = timeline.head(txn, wish.room_id)
        draft = Draft("m.room.redaction", wish.content, redacts=event_id)
        if head is None:
            return
        try:
            check_redaction(txn, head, wish.sender, draft)
            event = self._author.write(txn, head, wish.sender, draft)
        except Forbidden:
            return
        timeline.append(txn, head, event)


def is_wanted(wish: Wish, stored: Stored) -> bool:
    relation = relations.relation_of(stored.event)
    if relation is None or stored.redaction is not None:
        return False
    return ANY in wish.kinds or relation.rel_type in wish.kinds
