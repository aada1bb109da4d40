"""What of a room a user may read: all of it inside, up to the leaving for former members."""

from collections.abc import Mapping, Sequence

from attrs import frozen
from orjson import Fragment

from homeserver.errors import Forbidden, NotFound
from homeserver.events.event import StateKey
from homeserver.json_values import JsonObject
from homeserver.rooms.access import NOT_IN_ROOM
from homeserver.rooms.history import Seen, Spell, membership_at, spells, visible
from homeserver.rooms.relations import bundles
from homeserver.rooms.shown import Look, show
from homeserver.storage import events, heads, memberships, names, state_trees
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

NO_EVENT = "There is no such event, or you may not see it."


@frozen(eq=False)
class Reading:
    """A room as one user may read it; `upto` is the newest place that the user may know of.

    Who administers the server `sees_all`.
    """

    txn: Transaction
    head: Head
    look: Look
    upto: int
    spells: Sequence[Spell]
    sees_all: bool = False

    def visible(self, found: Sequence[Stored]) -> list[Seen]:
        if self.sees_all:
            return [Seen(stored, "leave") for stored in found]
        return visible(self.txn, self.head, self.look.user_id, found)

    def state(self) -> Mapping[StateKey, int]:
        return state_at(self.txn, self.head, self.upto)

    def state_event(self, type: str, state_key: str) -> Stored | None:
        if self.upto >= self.head.newest:
            position = self.head.state.get((type, state_key))
        else:
            root = root_after(self.txn, self.head, self.upto)
            position = position_in(self.txn, root, type, state_key)
        return None if position is None else events.at(self.txn, position)

    def show_state(self, found: Sequence[Stored]) -> list[Fragment]:
        """State events: who may read a room's state may see each of them."""
        return [
            Fragment(show(self.txn, stored, self.look, membership_at(self.spells, stored.position)))
            for stored in found
        ]

    def show(self, found: Sequence[Seen]) -> list[Fragment]:
        """Events with what relates to them."""
        related = bundles(self.txn, self.head, self.look, [seen.stored for seen in found])
        return [self.show_one(seen, related) for seen in found]

    def show_one(self, seen: Seen, related: Mapping[str, JsonObject]) -> Fragment:
        bundle = related.get(seen.stored.event.event_id)
        return Fragment(show(self.txn, seen.stored, self.look, seen.membership, bundle))


def open_room(txn: Transaction, look: Look, room_id: str) -> Reading:
    """For members, former members, and anybody where the room is open to the world."""
    reading = find_room(txn, look, room_id)
    if reading is None:
        raise Forbidden(NOT_IN_ROOM)
    return reading


def open_for_administrators(txn: Transaction, look: Look, room_id: str) -> Reading:
    """Whoever is in it, and however little its history shows. Raises NotFound."""
    head = heads.load(txn, room_id)
    if head is None:
        raise NotFound("There is no such room here.")
    return Reading(txn, head, look, head.newest, (), sees_all=True)


def find_room(txn: Transaction, look: Look, room_id: str) -> Reading | None:
    """As `open_room`, with None for a closed door."""
    head = heads.load(txn, room_id)
    if head is None:
        return None
    lived = spells(txn, head, look.user_id)
    if head.is_joined(look.user_id) or is_world_readable(txn, head):
        return Reading(txn, head, look, head.newest, lived)
    membership = memberships.of_user(txn, look.user_id).get(room_id)
    left_at = end_of_stay(lived)
    if membership is None or membership.forgotten or left_at is None:
        return None
    return Reading(txn, head, look, left_at, lived)


def find_visible(txn: Transaction, head: Head, user_id: str, event_id: str) -> Seen:
    """An event of the room that the user may see; raises NotFound."""
    stored = events.find(txn, event_id)
    if stored is None or stored.event.room_id != head.room_id or stored.place is None:
        raise NotFound(NO_EVENT)
    seen = visible(txn, head, user_id, [stored])
    if not seen:
        raise NotFound(NO_EVENT)
    return seen[0]


def is_world_readable(txn: Transaction, head: Head) -> bool:
    setting = head.event(txn, "m.room.history_visibility")
    return setting is not None and (
        setting.event.content.get("history_visibility") == "world_readable"
    )


def end_of_stay(lived: Sequence[Spell]) -> int | None:
    """Where somebody who is not in a room left it; None for who never was in it."""
    after: Spell | None = None
    for spell in lived:
        if spell.membership == "join":
            return after.start if after else None
        after = spell
    return None


def root_after(txn: Transaction, head: Head, place: int) -> bytes:
    """The root of the room's state after all events up to and with `place`."""
    if place >= head.newest:
        return head.root
    following = events.after(txn, head.room, place, 1)
    return following[0].room_state if following else head.root


def state_at(txn: Transaction, head: Head, place: int) -> Mapping[StateKey, int]:
    """The state then: the current one with what has changed since turned back."""
    root = root_after(txn, head, place)
    if root == head.root:
        return head.state
    then: dict[StateKey, int] = dict(head.state)
    for (type, state_key), before, _ in state_trees.differences(txn, root, head.root):
        pair = (names.name_of(txn, type), names.name_of(txn, state_key))
        if before is None:
            then.pop(pair, None)
        else:
            then[pair] = before
    return then


def position_in(txn: Transaction, root: bytes, type: str, state_key: str) -> int | None:
    """Of the state event at this key, in the state with this root."""
    numbers = names.find(txn, type), names.find(txn, state_key)
    if numbers[0] is None or numbers[1] is None:
        return None
    return state_trees.get(txn, root, (numbers[0], numbers[1]))
