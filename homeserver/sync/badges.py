"""How much a user has not read, in all rooms together: what a telephone shows beside the app.

Only rooms that have moved since the last look are counted again.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from attrs import define, field, frozen

from homeserver.rooms.history import spells, start_of_stay
from homeserver.storage import account_data, heads, memberships, missed_calls, push_rules
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.storage.transaction import Transaction
from homeserver.sync.moves import Moves
from homeserver.sync.reading_ahead import in_portions, loaded, read_rooms
from homeserver.sync.unread import Unread

KEPT = 5_000

Rules = tuple[int, frozenset[str]]
"""When the push rules changed last, and who is ignored."""


@frozen
class Badge:
    """Spec: Push Gateway API, `counts`."""

    unread: int = 0
    missed_calls: int = 0


NOTHING = Badge()


@define
class Known:
    """The rooms with anything unread, as they were at the place `upto` under these rules."""

    rules: Rules
    upto: int
    rooms: dict[str, Badge] = field(factory=dict)

    def total(self) -> Badge:
        badges = self.rooms.values()
        return Badge(sum(it.unread for it in badges), sum(it.missed_calls for it in badges))


class Badges:
    def __init__(self, unread: Unread, moves: Moves) -> None:
        self._unread = unread
        self._moves = moves
        self._known: OrderedDict[str, Known] = OrderedDict()

    def of(self, txn: Transaction, user_id: str, now_ms: int) -> Badge:
        rooms = memberships.of_user(txn, user_id)
        rules = push_rules.of(txn, user_id).position, account_data.ignored_by(txn, user_id)
        known = self._known.get(user_id)
        moved: Iterable[str]
        if known is None or known.upto < self._moves.floor or known.rules != rules:
            known, moved = Known(rules, 0), list(rooms)
        else:
            moved = [it for it in self._moves.rooms_since(known.upto) if it in rooms]
        for portion in in_portions(moved):
            joined = [(it, rooms[it]) for it in portion if rooms[it].membership == "join"]
            ahead = self._read_ahead(txn, user_id, joined) if len(joined) > 1 else None
            for room_id in portion:
                known.rooms.pop(room_id, None)
            for room_id, _ in joined:
                badge = self._in_room(txn, user_id, room_id, now_ms)
                if badge != NOTHING:
                    known.rooms[room_id] = badge
            del ahead
        known.upto = txn.position
        self._keep(user_id, known)
        return known.total()

    def _read_ahead(
        self, txn: Transaction, user_id: str, rooms: Sequence[tuple[str, Membership]]
    ) -> object:
        """What the counts of these rooms need, with few statements; kept by the caller."""
        ahead = read_rooms(txn, rooms, lambda _: ())
        found = [head for head in loaded(txn, rooms) if head.is_joined(user_id)]
        stays = [(head, joined_at(txn, head, user_id)) for head in found]
        self._unread.read_ahead(txn, user_id, stays)
        return ahead

    def _in_room(self, txn: Transaction, user_id: str, room_id: str, now_ms: int) -> Badge:
        head = heads.load(txn, room_id)
        if head is None or not head.is_joined(user_id):
            return NOTHING
        joined = joined_at(txn, head, user_id)
        counts, _ = self._unread.counts(txn, head, user_id, joined, by_thread=False)
        if not counts.notifications:
            return NOTHING
        read = self._unread.read_place(txn, head, user_id, joined)
        missed = missed_calls.count(txn, head.room, user_id, read, now_ms)
        return Badge(max(counts.notifications, counts.highlights), missed)

    def _keep(self, user_id: str, known: Known) -> None:
        self._known[user_id] = known
        self._known.move_to_end(user_id)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)


def joined_at(txn: Transaction, head: Head, user_id: str) -> int:
    """Since when the user, who is in the room, has been there."""
    start = start_of_stay(spells(txn, head, user_id))
    own = memberships.of_user(txn, user_id).get(head.room_id)
    return start or (own.position if own else 0)
