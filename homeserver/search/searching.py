"""Which events a user finds. Spec: Client-Server API, "Server Side Search"."""

from collections.abc import Sequence

from attrs import evolve, field, frozen

from homeserver.clock import Clock
from homeserver.events.filters import RoomEventFilter
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms.history import start_of_stay
from homeserver.rooms.paging import END, wanted_of
from homeserver.rooms.reading import Reading, find_room
from homeserver.rooms.shown import Look
from homeserver.search.answers import Found, answer
from homeserver.search.indexing import Indexing, key_scope, room_scope, sender_scope
from homeserver.search.texts import KEYS
from homeserver.search.wishes import SENDER, Spot, Wish
from homeserver.search.words import Sought, sought_in
from homeserver.storage import account_data, events, memberships, names
from homeserver.storage.database import Database
from homeserver.storage.search import Index, Match, Phrase, Query
from homeserver.storage.transaction import Transaction

ALL_KEYS = frozenset(KEYS.values())
ONCE_IN_ROOM = ("join", "leave", "ban")


@frozen(eq=False)
class Searching:
    _db: Database
    _clock: Clock
    _indexing: Indexing

    async def search(self, requester: Requester, wish: Wish) -> JsonObject:
        """The answer for the category `room_events`."""
        # What was said a moment ago is found, unless there is much to catch up with.
        await self._indexing.step()
        look = Look(requester.user_id, requester.device_name, self._clock.now_ms())
        return await self._db.read(_search, self._indexing.index, look, wish)


def _search(txn: Transaction, index: Index, look: Look, wish: Wish) -> JsonObject:
    sought = sought_in(wish.term)
    query = _query(txn, look.user_id, wish, sought)
    matches = index.find(txn, query) if query else []
    upto = txn.position if wish.start.upto is None else wish.start.upto
    rooms = Rooms(txn, look, without_places(wish.filter))
    found = rooms.visible([match for match in matches if match.position <= upto])
    if wish.start.group is not None:
        found = _of_group(txn, found, *wish.start.group)
    start = wish.start.skip
    page = found[start : start + wish.limit]
    here = Found(sought, found, page, rooms.readings, evolve(wish.start, upto=upto))
    return answer(txn, here, wish)


def _query(txn: Transaction, user_id: str, wish: Wish, sought: Sequence[Sought]) -> Query | None:
    """None if it cannot find anything."""
    rooms = [
        room_id
        for room_id, it in memberships.of_user(txn, user_id).items()
        if it.membership in ONCE_IN_ROOM
        and not it.forgotten
        and wish.filter.allows_room(room_id)
        and _is_wanted(wish.start, room_id)
    ]
    numbers = frozenset(names.find_many(txn, rooms).values())
    scopes = [[room_scope(room) for room in numbers], [key_scope(key) for key in wish.keys]]
    speakers: frozenset[int] | None = None
    senders = wish.filter.events.senders
    if wish.start.group is not None and wish.start.group[0] == SENDER:
        senders = frozenset((wish.start.group[1],)) & (senders or {wish.start.group[1]})
    if senders is not None:
        speakers = frozenset(names.find_many(txn, senders).values())
        scopes.append([sender_scope(it) for it in speakers])
    if not sought or not all(scopes):
        return None

    def fits(match: Match) -> bool:
        return match.room in numbers and (speakers is None or match.sender in speakers)

    phrases = [Phrase(it.words, it.is_prefix) for it in sought]
    has_all_keys = not ALL_KEYS.difference(wish.keys)
    return Query(phrases, scopes, wish.by_rank, fits if has_all_keys else None)


def _is_wanted(start: Spot, room_id: str) -> bool:
    return start.group is None or start.group[0] == SENDER or start.group[1] == room_id


def _of_group(txn: Transaction, found: list[Match], grouping: str, value: str) -> list[Match]:
    number = names.find(txn, value)
    if grouping == SENDER:
        return [match for match in found if match.sender == number]
    return [match for match in found if match.room == number]


def without_places(filter: RoomEventFilter) -> RoomEventFilter:
    """What of it the index has not seen to."""
    return evolve(filter, rooms=None, not_rooms=None, events=evolve(filter.events, senders=None))


@frozen(eq=False)
class Rooms:
    """The rooms with matches, opened for the user; None for those that are closed."""

    txn: Transaction
    look: Look
    wanted: RoomEventFilter
    readings: dict[int, Reading | None] = field(factory=dict, init=False)

    def visible(self, matches: Sequence[Match]) -> list[Match]:
        """Those that the user may see and wants to."""
        ignored = account_data.ignored_by(self.txn, self.look.user_id)
        unheard = set(names.find_many(self.txn, ignored).values())
        by_room: dict[int, list[Match]] = {}
        for match in matches:
            if match.sender not in unheard:
                by_room.setdefault(match.room, []).append(match)
        seen = {it for room, here in by_room.items() for it in self._visible_in(room, here)}
        return [match for match in matches if match.position in seen]

    def _visible_in(self, room: int, matches: Sequence[Match]) -> set[int]:
        reading = self.readings[room] = self._open(room)
        if reading is None:
            return set()
        since = start_of_stay(reading.spells) if self._wants_all() else None
        if since is None:
            since = END
        in_sight = {match.position for match in matches if since <= match.place}
        doubtful = [it.position for it in matches if it.place < since and it.place <= reading.upto]
        stored = events.at_all(self.txn, doubtful)
        for seen in wanted_of(reading, self.wanted, list(stored.values())):
            # Of the erased, others get a copy without the words.
            if seen.stored is stored[seen.stored.position]:
                in_sight.add(seen.stored.position)
        return in_sight

    def _wants_all(self) -> bool:
        return self.wanted.is_everything and not self.wanted.asks_for_relations

    def _open(self, room: int) -> Reading | None:
        """The search does not include encrypted rooms."""
        reading = find_room(self.txn, self.look, names.name_of(self.txn, room))
        if reading is None or ("m.room.encryption", "") in reading.head.state:
            return None
        return reading
