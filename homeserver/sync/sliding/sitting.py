"""One answer of sliding sync being made."""

from collections.abc import Iterable
from functools import lru_cache

from attrs import define, evolve, field, frozen

from homeserver.events.filters import EventFilter, RoomEventFilter, RoomFilter, SyncFilter
from homeserver.storage.memberships import Membership
from homeserver.storage.sliding_connections import LIVE, Sent, Version
from homeserver.storage.transaction import Transaction
from homeserver.sync.sliding.scope import InScope, Scope
from homeserver.sync.sliding.wishes import SlidingWish
from homeserver.sync.view import View


@frozen(eq=False)
class Candidate:
    """A room that may have news. `known` is the place up to which the client knows it, 0 for none.

    `scope` is None for a room that the user has left, and the client still has.
    """

    room_id: str
    membership: Membership
    sent: Sent | None
    known: int
    scope: InScope | None
    is_moved: bool


@define(eq=False)
class Sitting:
    """`base` is what the client has; `view` is made for its token's place.

    `changes` collects what the client will have after this answer.
    """

    wish: SlidingWish
    view: View
    base: Version
    scope: Scope
    changes: dict[str, Sent | None] = field(factory=dict)
    _views: dict[int, View] = field(factory=dict)

    @property
    def txn(self) -> Transaction:
        return self.view.txn

    @property
    def since(self) -> int:
        return self.view.since

    @property
    def is_first(self) -> bool:
        return self.base.number == 0

    def with_limit(self, limit: int) -> View:
        """The view for rooms of which so many events are wanted."""
        found = self._views.get(limit)
        if found is None:
            wish = evolve(self.view.wish, filter=filter_with(limit))
            found = self._views[limit] = evolve(self.view, wish=wish)
        return found

    def known_place(self, sent: Sent | None) -> int:
        if sent is None:
            return 0
        return self.since if sent.place == LIVE else sent.place

    def is_new(self, extension: str) -> bool:
        """Whether an extension was not enabled before."""
        return extension not in self.base.extensions


@lru_cache(maxsize=200)
def filter_with(limit: int) -> SyncFilter:
    timeline = RoomEventFilter(EventFilter(limit=limit))
    return SyncFilter(room=RoomFilter(timeline=timeline))


def ids(candidates: Iterable[Candidate]) -> list[str]:
    return [candidate.room_id for candidate in candidates]
