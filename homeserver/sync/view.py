"""One sync being made: who asks for what, and the transaction it is read in."""

from typing import Protocol

from attrs import define, field, frozen

from homeserver.events.event import StateKey
from homeserver.events.filters import SyncFilter
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms.shown import Look
from homeserver.storage.account_data import AccountData
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Rooms
from homeserver.storage.transaction import Transaction
from homeserver.sync.lazy_members import SentMembers
from homeserver.sync.moves import Moves

ENCRYPTION: StateKey = ("m.room.encryption", "")


@frozen
class SyncWish:
    """What a client asked for.

    `since` is 0 for a first sync; `after` spells `state_after` as asked, or is empty.
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
        """What changed for this user in this part of the number line; all that holds if `after` is
        0.
        """


@define(eq=False)
class View:
    """`upto` is the place where the answer ends and the next sync goes on."""

    txn: Transaction
    wish: SyncWish
    upto: int
    look: Look
    moves: Moves
    sent_members: SentMembers
    rooms: Rooms
    ignored: frozenset[str]
    ephemeral: tuple[EphemeralSource, ...]
    account_data: dict[str | None, list[AccountData]] = field(factory=dict)
    new_rooms: list[Head] = field(factory=list)
    moved_members: list[tuple[Head, str]] = field(factory=list)
    left_rooms: list[Head] = field(factory=list)

    @property
    def user_id(self) -> str:
        return self.wish.requester.user_id

    @property
    def since(self) -> int:
        return self.wish.since

    def note_members(self, head: Head, moved: list[Stored], *, new: bool) -> None:
        """Keep who came and went, for the device lists."""
        if new:
            self.new_rooms.append(head)
        elif ENCRYPTION in head.state:
            self.moved_members += [(head, stored.event.state_key or "") for stored in moved]
