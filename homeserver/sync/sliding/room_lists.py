"""The rooms of a user, the last active first, and those that pass a list's filter."""

from collections import OrderedDict
from collections.abc import Callable

from attrs import define, field, frozen

from homeserver.storage import account_data, events, heads, memberships, room_marks
from homeserver.storage.memberships import Membership, Rooms
from homeserver.storage.room_marks import Marks
from homeserver.storage.transaction import Transaction
from homeserver.sync.moves import Moves
from homeserver.sync.pending_rooms import hides
from homeserver.sync.sliding.recency import Recency
from homeserver.sync.sliding.wishes import ALL_ROOMS, RoomFilter

KEPT_USERS = 500
KEPT_FILTERS = 40
SPACE_CHILD = "m.space.child"

Test = Callable[[str], bool]


@define(eq=False)
class UserRooms:
    """Of one user, true up to `place`. What changes is made anew, so that others may still read.

    `version` is another one whenever rooms may have come into lists, or gone from them, other than
    by moving to the front.
    """

    rooms: Rooms
    marks: Marks
    place: int
    order: list[str]
    version: object = field(factory=object)
    filtered: OrderedDict[RoomFilter, list[str]] = field(factory=OrderedDict)

    def with_front(self, moved: list[str], place: int) -> "UserRooms":
        """After these rooms (the last one first) have moved."""
        if not moved:
            self.place = place
            return self
        filtered = [(key, to_front(rooms, moved)) for key, rooms in tuple(self.filtered.items())]
        return UserRooms(
            self.rooms,
            self.marks,
            place,
            to_front(self.order, moved),
            self.version,
            OrderedDict(filtered),
        )


def joined_of(rooms: Rooms) -> list[str]:
    return [room_id for room_id, it in rooms.items() if it.membership == "join"]


def to_front(order: list[str], moved: list[str]) -> list[str]:
    rest = order.copy()
    there = []
    for room_id in moved:
        try:
            rest.remove(room_id)
        except ValueError:
            continue
        there.append(room_id)
    return there + rest


@frozen(eq=False)
class RoomLists:
    recency: Recency
    _moves: Moves
    _users: OrderedDict[str, UserRooms] = field(factory=OrderedDict)

    def of_user(self, txn: Transaction, user_id: str, upto: int) -> UserRooms:
        rooms, marks = self.recency.rooms_of(txn, user_id), room_marks.of_user(txn, user_id)
        known = self._users.get(user_id)
        if (
            known is None
            or known.rooms is not rooms
            or known.marks is not marks
            or known.place < self._moves.floor
            or self.recency.any_resorted(rooms, known.place)
        ):
            known = self._sorted(txn, user_id, upto)
        elif known.place < upto:
            known = known.with_front(self._moved(known), upto)
        self._users[user_id] = known
        self._users.move_to_end(user_id)
        if len(self._users) > KEPT_USERS:
            self._users.popitem(last=False)
        return known

    def matching(self, txn: Transaction, user_id: str, of: UserRooms, by: RoomFilter) -> list[str]:
        """The rooms of a list, the last active first."""
        if by == ALL_ROOMS:
            return of.order
        found = of.filtered.get(by)
        if found is None:
            found = of.order
            for test in self._tests(txn, user_id, of, by):
                found = list(filter(test, found))
            of.filtered[by] = found
            if len(of.filtered) > KEPT_FILTERS:
                of.filtered.popitem(last=False)
        return found

    def _sorted(self, txn: Transaction, user_id: str, upto: int) -> UserRooms:
        rooms, marks = memberships.of_user(txn, user_id), room_marks.of_user(txn, user_id)
        ignored = account_data.ignored_by(txn, user_id)
        joined = joined_of(rooms)
        self.recency.learn(txn, user_id, joined)
        places = self.recency.newest_of(joined)
        for room_id, membership in rooms.items() if len(joined) < len(rooms) else ():
            if membership.membership != "join" and is_shown(txn, user_id, membership, ignored):
                places[room_id] = membership.moved
                self.recency.learn_door(txn, user_id, room_id)
        order = sorted(places, key=places.__getitem__, reverse=True)
        return UserRooms(rooms, marks, upto, order)

    def _moved(self, known: UserRooms) -> list[str]:
        """The joined rooms with new events, the last one first."""
        recency, rooms = self.recency, known.rooms
        moved = [
            room_id
            for room_id in self._moves.rooms_since(known.place)
            if room_id in rooms
            and rooms[room_id].membership == "join"
            and recency.moved_after(room_id, known.place)
        ]
        return sorted(moved, key=recency.newest, reverse=True)

    def _tests(self, txn: Transaction, user_id: str, of: UserRooms, by: RoomFilter) -> list[Test]:
        """What decides about a room, one after the other; only what the filter names is asked."""
        if by.is_encrypted is not None:
            self.recency.learn_encryption(txn, user_id, joined_of(of.rooms))
        tests = [
            *self._tests_of_kind(by),
            *_tests_of_marks(of, by),
        ]
        if by.spaces is not None:
            children = children_of(txn, of.rooms, by.spaces)
            tests.append(lambda room_id: room_id in children)
        if by.room_name_like:
            wanted = by.room_name_like.casefold()
            tests.append(lambda room_id: wanted in name_of(txn, room_id).casefold())
        return tests

    def _tests_of_kind(self, by: RoomFilter) -> list[Test]:
        recency, tests = self.recency, list[Test]()
        if by.is_encrypted is not None:
            tests.append(lambda room_id: recency.is_encrypted(room_id) == by.is_encrypted)
        if unwanted := by.not_room_types:
            tests.append(lambda room_id: recency.types.get(room_id) not in unwanted)
        if (types := by.room_types) is not None:
            tests.append(lambda room_id: recency.types.get(room_id) in types)
        return tests


def _tests_of_marks(of: UserRooms, by: RoomFilter) -> list[Test]:
    marks, tests = of.marks, list[Test]()
    if by.is_dm is not None:
        tests.append(lambda room_id: (room_id in marks.direct) == by.is_dm)
    if by.is_invited is not None:
        tests.append(lambda room_id: (of.rooms[room_id].membership == "invite") == by.is_invited)
    if by.not_tags:
        tests.append(lambda room_id: by.not_tags.isdisjoint(marks.tags_of(room_id)))
    if (tags := by.tags) is not None:
        tests.append(lambda room_id: not tags.isdisjoint(marks.tags_of(room_id)))
    return tests


def is_shown(
    txn: Transaction, user_id: str, membership: Membership, ignored: frozenset[str]
) -> bool:
    """Whether a room that the user is not in is in the lists of every client.

    Those that they have left are not, unless others made them leave.
    """
    match membership.membership:
        case "invite":
            return not hides(txn, user_id, membership, ignored)
        case "knock":
            return True
        case _:
            if membership.forgotten or membership.sender == user_id:
                return False
            return was_in(txn, membership)


def was_in(txn: Transaction, left: Membership) -> bool:
    """Whether the membership ended a stay, not an invite."""
    stored = events.at(txn, left.position)
    before = events.at(txn, stored.replaces) if stored.replaces is not None else None
    return before is not None and before.event.membership in ("join", "ban")


def children_of(txn: Transaction, rooms: Rooms, spaces: frozenset[str]) -> frozenset[str]:
    """The rooms that joined spaces name as theirs."""
    children: set[str] = set()
    for space_id in spaces:
        membership = rooms.get(space_id)
        head = heads.load(txn, space_id)
        if head is None or membership is None or membership.membership != "join":
            continue
        links = {key[1]: at for key, at in head.state.items() if key[0] == SPACE_CHILD}
        found = events.at_all(txn, links.values())
        for room_id, position in links.items():
            stored = found[position]
            if stored.redaction is None and isinstance(stored.event.content.get("via"), list):
                children.add(room_id)
    return frozenset(children)


def name_of(txn: Transaction, room_id: str) -> str:
    head = heads.load(txn, room_id)
    stored = head.event(txn, "m.room.name") if head else None
    name = stored.event.content.get("name") if stored and stored.redaction is None else None
    return name if isinstance(name, str) else ""
