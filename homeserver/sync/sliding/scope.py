"""Which rooms a client looks at: those in the ranges of its lists, and those it names."""

from collections.abc import Iterable

from attrs import define, field, frozen

from homeserver.json_values import JsonObject
from homeserver.storage.transaction import Transaction
from homeserver.sync.sliding.room_lists import RoomLists, UserRooms
from homeserver.sync.sliding.wishes import ListWish, RoomConfig, SlidingWish

NO_LISTS: frozenset[str] = frozenset()


@frozen
class InScope:
    """A room that is looked at."""

    config: RoomConfig
    lists: frozenset[str] = NO_LISTS
    is_subscribed: bool = False


@define(eq=False)
class Scope:
    """`matching` are the rooms of each list, the last active first."""

    wish: SlidingWish
    rooms: UserRooms
    matching: dict[str, list[str]]
    _combined: dict[tuple[frozenset[str], RoomConfig | None], InScope] = field(factory=dict)

    def whole(self) -> dict[str, InScope]:
        """All rooms in it."""
        lists: dict[str, frozenset[str]] = {}
        for name, wish in self.wish.lists.items():
            own = frozenset((name,))
            for room_id in in_ranges(self.matching[name], wish):
                before = lists.get(room_id)
                lists[room_id] = own if before is None else before | own
        found: dict[str, InScope] = {}
        for room_id in self.wish.subscriptions:
            if self._may_subscribe(room_id):
                found[room_id] = self._in(lists.pop(room_id, NO_LISTS), room_id)
        for room_id, of_room in lists.items():
            found[room_id] = self._in(of_room, room_id)
        return found

    def find(self, room_id: str) -> InScope | None:
        """How a room is looked at; None if it is not."""
        lists = [
            name
            for name, wish in self.wish.lists.items()
            if is_in(room_id, self.matching[name], wish)
        ]
        if not lists and not self._may_subscribe(room_id):
            return None
        return self._in(frozenset(lists), room_id)

    def matches(self, room_id: str) -> bool:
        """Whether a list holds the room, in whatever range, or the client names it."""
        return self._may_subscribe(room_id) or any(
            room_id in rooms for rooms in self.matching.values()
        )

    def counts(self) -> JsonObject:
        return {name: len(rooms) for name, rooms in self.matching.items()}

    def _may_subscribe(self, room_id: str) -> bool:
        """Rooms that a user has nothing to do with are passed over."""
        if room_id not in self.wish.subscriptions:
            return False
        membership = self.rooms.rooms.get(room_id)
        return membership is not None and membership.membership in ("join", "invite", "knock")

    def _in(self, lists: frozenset[str], room_id: str) -> InScope:
        own = self.wish.subscriptions.get(room_id)
        key = (lists, own)
        found = self._combined.get(key)
        if found is None:
            config = own
            for name in lists:
                of_list = self.wish.lists[name].config
                config = of_list if config is None else config | of_list
            assert config is not None
            found = self._combined[key] = InScope(config, lists, own is not None)
        return found


def scope_of(txn: Transaction, room_lists: RoomLists, wish: SlidingWish, upto: int) -> Scope:
    user_id = wish.requester.user_id
    rooms = room_lists.of_user(txn, user_id, upto)
    matching = {
        name: room_lists.matching(txn, user_id, rooms, of_list.filter)
        for name, of_list in wish.lists.items()
    }
    return Scope(wish, rooms, matching)


def in_ranges(rooms: list[str], wish: ListWish) -> Iterable[str]:
    if wish.ranges is None:
        return rooms
    if len(wish.ranges) == 1:
        first, last = wish.ranges[0]
        return rooms[first : last + 1]
    return [room_id for first, last in wish.ranges for room_id in rooms[first : last + 1]]


def is_in(room_id: str, rooms: list[str], wish: ListWish) -> bool:
    try:
        index = rooms.index(room_id)
    except ValueError:
        return False
    return wish.ranges is None or any(first <= index <= last for first, last in wish.ranges)
