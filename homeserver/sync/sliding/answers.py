"""An answer of sliding sync, put together from rooms and extensions."""

from collections.abc import Collection, Iterable, Sequence

from attrs import frozen

from homeserver.clock import Clock
from homeserver.json_values import JsonObject
from homeserver.rooms.shown import Look
from homeserver.storage import account_data, heads, moved_rooms
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Rooms
from homeserver.storage.sliding_connections import Change, Version
from homeserver.storage.transaction import Transaction
from homeserver.sync.lazy_members import SentMembers
from homeserver.sync.moves import Moves
from homeserver.sync.reading_ahead import in_portions, loaded, read_rooms
from homeserver.sync.sliding.candidates import Candidates
from homeserver.sync.sliding.extensions import Extended
from homeserver.sync.sliding.room_entries import RoomEntries, Told
from homeserver.sync.sliding.room_lists import RoomLists
from homeserver.sync.sliding.scope import scope_of
from homeserver.sync.sliding.sitting import Candidate, Sitting, filter_with
from homeserver.sync.sliding.wishes import SlidingWish
from homeserver.sync.view import MEMBER, SyncWish, View


@frozen
class Start:
    """Where an answer begins: the version that the client has, and the place of its token."""

    base: Version
    since: int
    is_due: bool = False
    """Whether it is to be noted that the connection is used."""


@frozen(eq=False)
class Reply:
    """An answer, but for its token. `change` is None if the version stays the same.

    `settled` is what to remember once it is known which version the client will have.
    """

    body: JsonObject
    is_news: bool
    upto: int
    change: Change | None
    sitting: Sitting


@frozen(eq=False)
class SlidingParts:
    """What puts things into an answer."""

    room_lists: RoomLists
    candidates: Candidates
    entries: RoomEntries
    extended: Extended


@frozen(eq=False)
class SlidingAnswers:
    _clock: Clock
    _moves: Moves
    _sent_members: SentMembers
    parts: SlidingParts

    def build(self, txn: Transaction, wish: SlidingWish, start: Start, upto: int) -> Reply:
        """May raise Overtaken."""
        sitting = self._sitting(txn, wish, start, upto)
        moved = self._moved(sitting)
        found = list(self.parts.candidates.of(sitting, moved))
        told = Told()
        for portion in in_portions(found):
            ahead = self._read_ahead(sitting, portion)
            for candidate in portion:
                self.parts.entries.add(sitting, candidate, told)
            del ahead
        self._add_bumps(sitting, told)
        extensions, is_news = self.parts.extended.sections(sitting, found, moved, told)
        body: JsonObject = {
            "lists": self._lists(sitting, found),
            "rooms": told.rooms,
            "extensions": extensions,
        }
        if wish.txn_id:
            body["txn_id"] = wish.txn_id
        is_news = is_news or bool(told.rooms) or sitting.is_first
        return Reply(body, is_news, upto, _change(sitting), sitting)

    def settle(self, reply: Reply, version: int) -> None:
        """The client that gets this answer will have that version."""
        self.parts.candidates.settle(reply.sitting, version)

    def _sitting(self, txn: Transaction, wish: SlidingWish, start: Start, upto: int) -> Sitting:
        requester = wish.requester
        device = f"{wish.device} {wish.conn_id}"
        if start.base.number == 0:
            self._sent_members.forget(device)
        scope = scope_of(txn, self.parts.room_lists, wish, upto)
        view = View(
            txn,
            SyncWish(requester, start.since, filter_with(0)),
            upto,
            Look(requester.user_id, requester.device_name, self._clock.now_ms(), False),
            self._moves,
            self._sent_members,
            scope.rooms.rooms,
            account_data.ignored_by(txn, requester.user_id),
            (),
            None,
        )
        return Sitting(wish, view, start.base, scope)

    def _moved(self, sitting: Sitting) -> Collection[str]:
        """The rooms with news since the token; of a first request none, as all is news."""
        view, since, moves = sitting.view, sitting.since, self._moves
        if sitting.is_first:
            return ()
        moved = {
            room_id
            for room_id in moves.rooms_since(max(since, moves.floor))
            if room_id in view.rooms
        }
        if since < moves.floor:
            moved |= moved_rooms.of_user(view.txn, view.user_id, since)
        if moves.user_moved(view.user_id, since):
            moved |= newly_entered(view.rooms, since)
            changed = account_data.changed_since(view.txn, view.user_id, since, view.upto)
            for data in changed:
                view.account_data.setdefault(data.room_id, []).append(data)
            moved |= {
                data.room_id for data in changed if data.room_id and data.room_id in view.rooms
            }
        return moved

    def _read_ahead(self, sitting: Sitting, candidates: Sequence[Candidate]) -> object:
        """What new rooms are told with; for as long as it is kept."""
        configs = {
            one.room_id: one.scope.config
            for one in candidates
            if one.scope is not None and one.known == 0
        }
        rooms = [(one.room_id, one.membership) for one in candidates if one.room_id in configs]

        def wanted(head: Head) -> Iterable[int]:
            if not head.is_joined(sitting.view.user_id):
                return ()
            keys = configs[head.room_id].state.among(head.state)
            return [head.state[key] for key in keys if key[0] != MEMBER]

        ahead = read_rooms(sitting.txn, rooms, wanted)
        return ahead, self.parts.entries.read_ahead(sitting, loaded(sitting.txn, rooms), configs)

    def _add_bumps(self, sitting: Sitting, told: Told) -> None:
        """How recent the rooms are in which the user is; the others carry it already."""
        recency = self.parts.room_lists.recency
        inside = {
            room_id: head.room
            for room_id, entry in told.rooms.items()
            if "bump_stamp" not in entry and (head := heads.load(sitting.txn, room_id)) is not None
        }
        for room_id, place in recency.bumps(sitting.txn, inside).items():
            membership = sitting.view.rooms[room_id]
            told.rooms[room_id]["bump_stamp"] = (
                place if membership.membership == "join" else membership.moved
            )

    def _lists(self, sitting: Sitting, found: Sequence[Candidate]) -> JsonObject:
        return {name: {"count": count} for name, count in sitting.scope.counts().items()}


def newly_entered(rooms: Rooms, since: int) -> set[str]:
    """The rooms in which the user's membership changed."""
    return {room_id for room_id, membership in rooms.items() if membership.moved > since}


def _change(sitting: Sitting) -> Change | None:
    names = sitting.wish.extensions.names | sitting.base.extensions
    if not sitting.changes and names == sitting.base.extensions and not sitting.is_first:
        return None
    return Change(sitting.changes, names)
