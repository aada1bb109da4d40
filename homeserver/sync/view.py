"""One sync being made: who asks for what, and the transaction it is read in."""

from collections.abc import Collection, Sequence
from typing import Protocol

from attrs import define, field, frozen

from homeserver.events.event import StateKey
from homeserver.events.filters import SyncFilter
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms.history import Spell, joined_since, spells
from homeserver.rooms.shown import Look
from homeserver.rooms.soft_failed import Failed, wish_of
from homeserver.storage import events, names, state_trees
from homeserver.storage.account_data import AccountData
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Rooms
from homeserver.storage.transaction import Transaction
from homeserver.sync.lazy_members import SentMembers
from homeserver.sync.moves import Moves, Recent

ENCRYPTION: StateKey = ("m.room.encryption", "")
MEMBER = "m.room.member"


@frozen
class SyncWish:
    """What a client asked for.

    `since` is 0 for a first sync; `state_after` is that key as the client spells it, or empty.
    """

    requester: Requester
    since: int
    filter: SyncFilter
    full_state: bool = False
    state_after: str = ""

    @property
    def is_first(self) -> bool:
        return self.since == 0


class EphemeralSource(Protocol):
    """Something that rooms show but do not keep in their timeline: typing, receipts."""

    def events(
        self, txn: Transaction, room_id: str, user_id: str, after: int, upto: int
    ) -> list[JsonObject]:
        """What changed for this user in this part of the number line; with 0, all that holds."""


@frozen
class Stretch:
    """The part of a room that an answer tells of: behind `after`, up to and with `upto`.

    `new` if the client did not have the room at its last sync; `whole` if it gets all of the state.
    """

    after: int
    upto: int
    new: bool
    whole: bool


@frozen(eq=False)
class Moved:
    """Somebody whose membership changed in a room; `before` is the root of the state before."""

    head: Head
    user_id: str
    before: bytes

    def has_joined(self, txn: Transaction) -> bool:
        return self.head.is_joined(self.user_id) and not self.was_joined(txn)

    def was_joined(self, txn: Transaction) -> bool:
        type, state_key = names.find(txn, MEMBER), names.find(txn, self.user_id)
        if type is None or state_key is None:
            return False
        position = state_trees.get(txn, self.before, (type, state_key))
        return position is not None and events.at(txn, position).event.membership == "join"


@define(eq=False)
class View:
    """`upto` is the place where the answer ends and the next sync goes on.

    `moved` are the rooms with news that are not the user's alone; None if all are worth a look.
    `ahead` holds the newest events of the rooms that are told of next, by room.
    """

    txn: Transaction
    wish: SyncWish
    upto: int
    look: Look
    moves: Moves
    sent_members: SentMembers
    rooms: Rooms
    ignored: frozenset[str]
    ephemeral: tuple[EphemeralSource, ...]
    moved: Collection[str] | None
    account_data: dict[str | None, list[AccountData]] = field(factory=dict)
    new_rooms: list[Head] = field(factory=list)
    newly_encrypted: list[Head] = field(factory=list)
    moved_members: list[Moved] = field(factory=list)
    left_rooms: list[Head] = field(factory=list)
    ahead: dict[str, Recent] = field(factory=dict)
    _spells: dict[str, list[Spell]] = field(factory=dict)
    _joined: dict[str, int] = field(factory=dict)
    _failed: Failed | None = None

    @property
    def user_id(self) -> str:
        return self.wish.requester.user_id

    @property
    def since(self) -> int:
        return self.wish.since

    @property
    def is_lazy(self) -> bool:
        return self.wish.filter.room.lazy_load_members

    @property
    def begins(self) -> bool:
        """Whether the client wants to know all, whatever it has."""
        return self.wish.is_first or self.wish.full_state

    def failed_to_see(self) -> Failed:
        """Administrators alone see what failed softly, if they wish."""
        if self._failed is None:
            self._failed = wish_of(self.txn, self.wish.requester)
        return self._failed

    def spells(self, head: Head) -> Sequence[Spell]:
        """The user's memberships in a room, newest first."""
        found = self._spells.get(head.room_id)
        if found is None:
            found = self._spells[head.room_id] = spells(self.txn, head, self.user_id)
        return found

    def joined(self, head: Head) -> int:
        """Since when the user is in a room, or their newest membership."""
        found = self._joined.get(head.room_id)
        if found is None:
            newest = self.rooms[head.room_id]
            found = joined_since(self.txn, head, self.user_id, newest)
            self._joined[head.room_id] = found
        return found

    def following(self, head: Head, place: int) -> Sequence[Stored] | None:
        """The events of a room behind this place, oldest first, if all of them are in memory."""
        for recent in (self.moves.recent(head.room_id), self.ahead.get(head.room_id)):
            found = recent.between(place, head.newest) if recent else None
            if found is not None:
                return found
        return None
