"""GET /sync: waits for news, then tells what is new."""

from collections.abc import Iterable
from typing import Protocol

from attrs import frozen
from orjson import Fragment

from homeserver.clock import Clock
from homeserver.errors import MatrixError
from homeserver.json_values import JsonObject, encode
from homeserver.rooms.shown import Look, without_room_id
from homeserver.rooms.tokens import write_token
from homeserver.storage import account_data, heads, memberships, to_device
from homeserver.storage.account_data import AccountData
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership, Rooms
from homeserver.storage.transaction import Transaction
from homeserver.sync.device_lists import device_list_changes
from homeserver.sync.joined_rooms import JoinedRooms
from homeserver.sync.lazy_members import SentMembers
from homeserver.sync.left_rooms import left_room
from homeserver.sync.moves import Moves
from homeserver.sync.pending_rooms import pending_room
from homeserver.sync.view import EphemeralSource, SyncWish, View
from homeserver.sync.waiting import Waiting

TO_DEVICE_LIMIT = 200
TRIES = 5
MAX_WAIT_MS = 600_000


class PresenceSource(Protocol):
    def events(self, txn: Transaction, user_id: str, after: int) -> list[JsonObject]:
        """m.presence of those who share a room with the user, as far as it changed."""


class Overtaken(Exception):
    """A membership is newer than the place where the answer ends, which therefore is set anew.

    It changed while the answer was being made; or some messages to the device were left for the
    next answer,
    so that this one had to end before them.
    """


@frozen(eq=False)
class Parts:
    """What puts things into an answer beside the rooms' events."""

    joined_rooms: JoinedRooms
    ephemeral: tuple[EphemeralSource, ...]
    presence: PresenceSource


@frozen(eq=False)
class SyncEngine:
    _db: Database
    _clock: Clock
    _moves: Moves
    _waiting: Waiting
    _parts: Parts
    _sent_members: SentMembers

    async def sync(self, wish: SyncWish, timeout_ms: int) -> bytes:
        """The JSON of an answer: at once if there is news, else when there is some or the time is
        over.
        """
        until_ms = self._clock.now_ms() + min(timeout_ms, MAX_WAIT_MS)
        await self._acknowledge(wish)
        while True:
            if self._may_have_news(wish):
                answer = await self._make(wish)
                if answer.is_news:
                    return answer.body
            left_ms = until_ms - self._clock.now_ms()
            if left_ms <= 0:
                return self._nothing(wish)
            await self._waiting.wait(wish.requester.user_id, left_ms / 1000)

    def _may_have_news(self, wish: SyncWish) -> bool:
        if wish.is_first or wish.full_state or wish.since > self._db.position:
            return True
        rooms: Rooms | None = self._db.memory.rooms_of_users.get(wish.requester.user_id)
        return rooms is None or self._moves.anything(wish.requester.user_id, rooms, wish.since)

    def _nothing(self, wish: SyncWish) -> bytes:
        place = max(wish.since, self._db.position)
        return encode({"next_batch": write_token(place), **KEY_COUNTS})

    async def _acknowledge(self, wish: SyncWish) -> None:
        """A token that comes back says that all before it has arrived."""
        user_id, device_id = wish.requester.user_id, wish.requester.device_id
        if wish.is_first or not device_id:
            return
        if await self._db.glance(to_device.count, user_id, device_id):
            await self._db.write(to_device.delete_upto, user_id, device_id, wish.since)

    async def _make(self, wish: SyncWish) -> "Answer":
        """Here, unless rows must be read.

        Where it ends is settled here too: memory knows all up to this place.
        """
        for limit in (TO_DEVICE_LIMIT, *[to_device.MAX_WAITING] * TRIES):
            bounds = (max(self._db.position, wish.since), limit)
            try:
                if wish.is_first or wish.full_state or wish.since < self._moves.floor:
                    return await self._db.read(self._build, wish, bounds, None)
                moved = list(self._moves.rooms_since(wish.since))
                return await self._db.glance(self._build, wish, bounds, moved)
            except Overtaken:
                continue
        raise MatrixError("Too much is happening at once. Try again.", status=503)

    def _build(
        self,
        txn: Transaction,
        wish: SyncWish,
        bounds: tuple[int, int],
        moved: list[str] | None,
    ) -> "Answer":
        """`bounds`: the place to end at, and the most messages to the device.

        `moved`: rooms worth a look, or None.
        """
        requester = wish.requester
        upto, limit = bounds
        messages = to_device.waiting(
            txn, requester.user_id, requester.device_id, wish.since, upto, limit
        )
        if len(messages) == limit:
            upto = messages[-1][0]
        view = self._view(txn, wish, upto)
        rooms = self._rooms(view, moved)
        body: JsonObject = {"next_batch": write_token(upto)}
        sections: JsonObject = {
            "rooms": rooms,
            "account_data": as_events(_global_data(view)),
            "to_device": as_events([message for _, message in messages]),
            "presence": as_events(self._presence(view)),
            "device_lists": device_list_changes(view),
        }
        found = {name: section for name, section in sections.items() if section}
        return Answer(encode({**body, **found, **KEY_COUNTS}), bool(found) or wish.is_first)

    def _view(self, txn: Transaction, wish: SyncWish, upto: int) -> View:
        requester = wish.requester
        if wish.is_first:
            self._sent_members.forget(requester.device_name)
        look = Look(requester.user_id, requester.device_name, self._clock.now_ms())
        view = View(
            txn,
            wish,
            upto,
            without_room_id(look),
            self._moves,
            self._sent_members,
            memberships.of_user(txn, requester.user_id),
            account_data.ignored_by(txn, requester.user_id),
            self._parts.ephemeral,
        )
        for data in self._changed_data(view):
            view.account_data.setdefault(data.room_id, []).append(data)
        return view

    def _changed_data(self, view: View) -> list[AccountData]:
        if view.wish.is_first:
            return account_data.all_of(view.txn, view.user_id)
        if not self._moves.user_moved(view.user_id, view.since):
            return []
        return account_data.changed_since(view.txn, view.user_id, view.since, view.upto)

    def _presence(self, view: View) -> list[JsonObject]:
        found = self._parts.presence.events(view.txn, view.user_id, view.since)
        wanted = view.wish.filter.presence
        if wanted.is_everything:
            return found
        return [event for event in found if wanted.matches(event["type"], event["sender"])]

    # -- rooms

    def _rooms(self, view: View, moved: list[str] | None) -> JsonObject:
        sections: JsonObject = {}
        for room_id, membership in self._candidates(view, moved):
            if not self._concerns(view, room_id, membership):
                continue
            if membership.position > view.upto:
                raise Overtaken
            head = heads.load(view.txn, room_id)
            entry = self._entry(view, head, membership) if head else None
            if entry is not None:
                sections.setdefault(SECTIONS[membership.membership], {})[room_id] = entry
        return sections

    def _candidates(self, view: View, moved: list[str] | None) -> Iterable[tuple[str, Membership]]:
        if moved is None or self._moves.user_moved(view.user_id, view.since):
            return view.rooms.items()
        return [(room_id, view.rooms[room_id]) for room_id in moved if room_id in view.rooms]

    def _concerns(self, view: View, room_id: str, membership: Membership) -> bool:
        if not view.wish.filter.room.allows(room_id):
            return False
        is_new = membership.position > view.since
        match membership.membership:
            case "join":
                return (
                    is_new
                    or view.wish.full_state
                    or room_id in view.account_data
                    or view.moves.room_moved(room_id, view.since)
                )
            case "invite" | "knock":
                return is_new
            case _:
                if membership.forgotten:
                    return False
                begins = view.wish.is_first or view.wish.full_state
                return view.wish.filter.room.include_leave if begins else is_new

    def _entry(self, view: View, head: Head, membership: Membership) -> JsonObject | None:
        match membership.membership:
            case "join":
                return self._parts.joined_rooms.entry(view, head, membership)
            case "invite" | "knock":
                return pending_room(view, head, membership)
            case _:
                return left_room(view, head, membership)


@frozen
class Answer:
    body: bytes
    is_news: bool


SECTIONS = {"join": "join", "invite": "invite", "knock": "knock", "leave": "leave", "ban": "leave"}

# Until there are keys, there are none: without these two, clients upload no keys.
KEY_COUNTS: JsonObject = {
    "device_one_time_keys_count": {"signed_curve25519": 0},
    "device_unused_fallback_key_types": [],
}


def as_events(found: "list[JsonObject] | list[Fragment]") -> JsonObject:
    return {"events": found} if found else {}


def _global_data(view: View) -> list[JsonObject]:
    wanted = view.wish.filter.account_data
    return [
        data.event()
        for data in view.account_data.get(None, [])
        if wanted.is_everything or wanted.matches(data.type)
    ]
