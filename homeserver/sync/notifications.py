"""GET /notifications: what a user has been notified about, read from the log of the rooms.

Nothing is kept for it: the events of the user's rooms are looked at again, newest first, and of
each room no more than it takes.
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from attrs import define, field, frozen
from orjson import Fragment

from homeserver.clock import Clock
from homeserver.errors import InvalidParam
from homeserver.events.push_rules.actions import Actions
from homeserver.events.push_rules.evaluation import SharedEvaluation
from homeserver.json_values import JsonObject, JsonValue
from homeserver.rooms.push_view import display_name, room_view
from homeserver.rooms.shown import Look, show
from homeserver.storage import account_data, events, heads, notified, push_rules
from homeserver.storage.database import Database
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction
from homeserver.sync.badges import joined_at
from homeserver.sync.unread import Unread

DEFAULT_LIMIT, MAX_LIMIT = 20, 200
PAGE = 30
LOOKED_AT = 2_000
"""Events, for one answer; then the client is sent on with a token."""
KEPT_MS = 30 * 24 * 3600 * 1000
"""What is older is not told any more."""


@frozen
class Wish:
    look: Look
    limit: int
    upto: int
    only_highlights: bool


@define
class Room:
    """A room that is read backwards. `found` holds what comes next, the newest last."""

    head: Head
    joined: int
    next: int
    found: list[Stored] = field(factory=list)


@frozen(eq=False)
class Notifications:
    _db: Database
    _clock: Clock
    _unread: Unread

    async def listed(
        self, user_id: str, device_name: str, token: str, limit: int, only: str
    ) -> JsonObject:
        upto = read_token(token) if token else self._db.position
        look = Look(user_id, device_name, self._clock.now_ms(), with_room_id=False)
        count = max(1, min(limit, MAX_LIMIT))
        # What `only` may say beside `highlight`, the specification leaves open.
        return await self._db.read(self._list, Wish(look, count, upto, only == "highlight"))

    def _list(self, txn: Transaction, wish: Wish) -> JsonObject:
        user_id = wish.look.user_id
        ignored = account_data.ignored_by(txn, user_id)
        found: list[JsonObject] = []
        place, looked = wish.upto, 0
        for head, joined, stored in newest_first(txn, user_id, wish.upto):
            if stored.event.origin_server_ts < wish.look.now_ms - KEPT_MS:
                return {"notifications": found}
            if len(found) == wish.limit or looked == LOOKED_AT:
                return {"notifications": found, "next_token": write_token(place)}
            looked, place = looked + 1, stored.order - 1
            if stored.event.sender in ignored or stored.redaction is not None:
                continue
            actions = evaluate(txn, head, user_id, stored)
            if actions.notify and (actions.highlight or not wish.only_highlights):
                is_read = self._is_read(txn, head, user_id, joined, stored)
                found.append(entry(txn, stored, wish.look, actions, is_read))
        return {"notifications": found}

    def _is_read(
        self, txn: Transaction, head: Head, user_id: str, joined: int, stored: Stored
    ) -> bool:
        if not head.is_joined(user_id):
            return False
        return self._unread.is_read(txn, head, user_id, joined, stored)


def newest_first(txn: Transaction, user_id: str, upto: int) -> Iterator[tuple[Head, int, Stored]]:
    """The events of all rooms that the user is in, and invites; of many rooms few are opened."""
    heap = [(-min(newest, upto), room_id) for room_id, newest in notified.rooms(txn, user_id)]
    heapify(heap)
    opened: dict[str, Room] = {}
    while heap:
        place, room_id = heappop(heap)
        room = opened.get(room_id) or _open(txn, user_id, room_id, -place)
        if room is None:
            continue
        opened[room_id] = room
        if room.found and room.found[-1].order == -place:
            yield room.head, room.joined, room.found[-1]
            room.next = room.found.pop().order - 1
        if not room.found:
            room.found = events.before(txn, room.head.room, room.next, PAGE, room.joined)[::-1]
        if room.found:
            heappush(heap, (-room.found[-1].order, room_id))


def _open(txn: Transaction, user_id: str, room_id: str, upto: int) -> Room | None:
    head = heads.load(txn, room_id)
    if head is None:
        return None
    if head.is_joined(user_id):
        return Room(head, joined_at(txn, head, user_id), upto)
    invite = head.event(txn, "m.room.member", user_id)
    if head.members.get(user_id) != "invite" or invite is None or invite.order > upto:
        return None
    return Room(head, invite.order, invite.order - 1, [invite])


def evaluate(txn: Transaction, head: Head, user_id: str, stored: Stored) -> Actions:
    rules = push_rules.of(txn, user_id).compiled
    evaluation = SharedEvaluation.of(stored.event, room_view(txn, head, stored.event))
    return evaluation.for_user(user_id, rules, display_name(txn, head, user_id))


def entry(
    txn: Transaction, stored: Stored, look: Look, actions: Actions, is_read: bool
) -> JsonObject:
    """As definitions of GET /notifications have it."""
    return {
        "room_id": stored.event.room_id,
        "event": Fragment(show(txn, stored, look)),
        "actions": actions_json(actions),
        "read": is_read,
        "ts": stored.event.origin_server_ts,
    }


def actions_json(actions: Actions) -> list[JsonValue]:
    """The rule's actions, as rules write them."""
    tweaks = [
        {"set_tweak": name} if name == "highlight" and value is True else _tweak(name, value)
        for name, value in actions.tweaks.items()
    ]
    return ["notify", *tweaks]


def _tweak(name: str, value: JsonValue) -> JsonObject:
    return {"set_tweak": name} if value is None else {"set_tweak": name, "value": value}


def write_token(place: int) -> str:
    return f"n{place}"


def read_token(token: str) -> int:
    digits = token[1:]
    if token[:1] != "n" or not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise InvalidParam("This is not a token that this server has given out.")
    return int(digits)
