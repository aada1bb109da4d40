"""An answer to GET /sync, put together from its sections."""

from collections.abc import Collection, Iterable
from typing import Protocol

from attrs import frozen
from orjson import Fragment

from homeserver.clock import Clock
from homeserver.json_values import JsonObject, encode
from homeserver.rooms.shown import Look
from homeserver.rooms.tokens import write_token
from homeserver.storage import account_data, memberships, moved_rooms, to_device
from homeserver.storage.account_data import AccountData
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction
from homeserver.sync.device_lists import DeviceLists
from homeserver.sync.joined_rooms import JoinedRooms
from homeserver.sync.key_counts import key_counts
from homeserver.sync.lazy_members import SentMembers
from homeserver.sync.moves import Moves
from homeserver.sync.profile_news import ProfileNews
from homeserver.sync.room_sections import Overtaken, room_sections
from homeserver.sync.view import EphemeralSource, SyncWish, View

__all__ = ["Answer", "Answers", "Bounds", "Overtaken", "Parts", "PresenceSource", "nothing_new"]


class PresenceSource(Protocol):
    def events(
        self,
        txn: Transaction,
        user_id: str,
        after: int,
        entered: Collection[Head] = (),
        newcomers: Collection[str] = (),
    ) -> list[JsonObject]:
        """m.presence of those who share a room with the user, as far as it is news."""


@frozen(eq=False)
class Parts:
    """What puts things into an answer."""

    joined_rooms: JoinedRooms
    ephemeral: tuple[EphemeralSource, ...]
    presence: PresenceSource
    device_lists: DeviceLists
    profiles: ProfileNews


@frozen
class Bounds:
    """The place where an answer ends, the most messages to the device, and the rooms that moved.

    Without `moved` that is to be found out.
    """

    upto: int
    to_device_limit: int
    moved: frozenset[str] | None = None


@frozen
class Answer:
    body: bytes
    is_news: bool
    upto: int


@frozen(eq=False)
class Answers:
    _clock: Clock
    _moves: Moves
    _sent_members: SentMembers
    _parts: Parts

    def build(self, txn: Transaction, wish: SyncWish, bounds: Bounds) -> Answer:
        """May raise Overtaken."""
        user_id, device_id = wish.requester.user_id, wish.requester.device_id
        upto, limit = bounds.upto, bounds.to_device_limit
        messages = to_device.waiting(txn, user_id, device_id, wish.since, upto, limit)
        if len(messages) == limit:
            # The rest comes with the next answer, which begins where this one ends.
            upto = messages[-1][0]
        view = self._view(txn, wish, upto, bounds.moved)
        sections: JsonObject = {
            "rooms": room_sections(view, self._parts.joined_rooms),
            "account_data": as_events(_global_data(view)),
            "to_device": as_events([message for _, message in messages]),
            "presence": as_events(self._presence(view)),
            "device_lists": self._parts.device_lists.changes(view),
            wish.filter.users_key: self._parts.profiles.updates(view),
        }
        found = {name: section for name, section in sections.items() if section}
        counts = key_counts(txn, user_id, device_id)
        body = encode({"next_batch": write_token(upto), **found, **counts})
        return Answer(body, bool(found) or view.begins, upto)

    def _view(
        self, txn: Transaction, wish: SyncWish, upto: int, moved: frozenset[str] | None
    ) -> View:
        requester = wish.requester
        if wish.is_first:
            self._sent_members.forget(requester.device_name)
        view = View(
            txn,
            wish,
            upto,
            Look(requester.user_id, requester.device_name, self._clock.now_ms(), False),
            self._moves,
            self._sent_members,
            memberships.of_user(txn, requester.user_id),
            account_data.ignored_by(txn, requester.user_id),
            self._parts.ephemeral,
            self._moved(txn, wish) if moved is None else moved,
        )
        for data in self._changed_data(view):
            view.account_data.setdefault(data.room_id, []).append(data)
        return view

    def _moved(self, txn: Transaction, wish: SyncWish) -> Collection[str] | None:
        """For who comes from before this process began; typing has been since."""
        if wish.is_first or wish.full_state:
            return None
        since_start = self._moves.rooms_since(max(wish.since, self._moves.floor))
        return moved_rooms.of_user(txn, wish.requester.user_id, wish.since).union(since_start)

    def _changed_data(self, view: View) -> list[AccountData]:
        if view.wish.is_first:
            return account_data.all_of(view.txn, view.user_id)
        if not self._moves.user_moved(view.user_id, view.since):
            return []
        return account_data.changed_since(view.txn, view.user_id, view.since, view.upto)

    def _presence(self, view: View) -> list[JsonObject]:
        newcomers = [m.user_id for m in view.moved_members if m.has_joined(view.txn)]
        found = self._parts.presence.events(
            view.txn, view.user_id, view.since, view.new_rooms, newcomers
        )
        wanted = view.wish.filter.presence
        if wanted.is_everything:
            return found
        return [event for event in found if wanted.matches(event["type"], event["sender"])]


def nothing_new(place: int, counts: JsonObject) -> bytes:
    return encode({"next_batch": write_token(place), **counts})


def as_events(found: list[JsonObject] | list[Fragment]) -> JsonObject:
    return {"events": found} if found else {}


def _global_data(view: View) -> list[JsonObject]:
    wanted = view.wish.filter.account_data
    changed: Iterable[AccountData] = view.account_data.get(None, [])
    return [d.event() for d in changed if wanted.is_everything or wanted.matches(d.type)]
