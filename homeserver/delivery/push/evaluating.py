"""Whom an event notifies: worked out once for all who have the same rules, for watchers only."""

from collections.abc import Iterable, Iterator

from attrs import field, frozen

from homeserver.delivery.push.watchers import Watch, Watchers
from homeserver.events.event import Event
from homeserver.events.push_rules.compiled import CompiledRules
from homeserver.events.push_rules.evaluation import SharedEvaluation
from homeserver.events.push_rules.facts import RoomView
from homeserver.json_values import JsonObject, encode
from homeserver.rooms.push_view import display_name, room_view
from homeserver.storage import account_data, push_rules
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

MEMBER = "m.room.member"
UNKNOWN_ROOM = RoomView(0, 0, {})
"""A room of other servers, of which only an invite is known."""


@frozen(eq=False)
class Arrival:
    """An event that came at this place of the number line; without `head` it is an invite to a
    room elsewhere.
    """

    place: int
    stored: Stored
    head: Head | None


@frozen
class Notice:
    """That these pushers are to be told of an event; `event` is its position."""

    event: int
    tweaks: JsonObject
    pushers: tuple[int, ...]


def notices(txn: Transaction, arrival: Arrival, watchers: Watchers) -> list[Notice]:
    event, head = arrival.stored.event, arrival.head
    concerned = {
        user_id: watching
        for user_id in _concerned(event, head, watchers)
        if (watching := _already_there(watchers.of_user(user_id), arrival.place))
    }
    if not concerned:
        return []
    rules = push_rules.of_many(txn, concerned)
    room = UNKNOWN_ROOM if head is None else room_view(txn, head, event)
    evaluation = SharedEvaluation.of(event, room)
    names = _Names(txn, head)
    found: dict[bytes, Notice] = {}
    for user_id, watching in concerned.items():
        if event.sender in account_data.ignored_by(txn, user_id):
            continue
        compiled = rules[user_id].compiled
        name = names.of(user_id, compiled, event.room_id)
        actions = evaluation.for_user(user_id, compiled, name)
        if actions.notify:
            key = encode(actions.tweaks)
            before = found.get(key)
            ids = (before.pushers if before else ()) + tuple(watch.id for watch in watching)
            found[key] = Notice(arrival.stored.position, actions.tweaks, ids)
    return list(found.values())


def _concerned(event: Event, head: Head | None, watchers: Watchers) -> Iterator[str]:
    """Who is in the room, and who is invited by the event itself."""
    invited = event.state_key if event.type == MEMBER and event.membership == "invite" else None
    if invited is not None and watchers.of_user(invited):
        yield invited
    if head is not None:
        for user_id in watchers.among(head.members):
            if user_id != event.sender and head.is_joined(user_id):
                yield user_id


def _already_there(watching: Iterable[Watch], place: int) -> list[Watch]:
    """Those that were set before the event came."""
    return [watch for watch in watching if watch.id < place]


@frozen(eq=False)
class _Names:
    """Display names in the room, looked up only for those whose rules ask for them."""

    _txn: Transaction
    _head: Head | None
    _asked: dict[bytes, bool] = field(factory=dict)

    def of(self, user_id: str, rules: CompiledRules, room_id: str) -> str | None:
        in_room = rules.in_room(room_id)
        asked = self._asked.get(in_room.key)
        if asked is None:
            asked = any(rule.asks_display_name for rule in in_room.rules)
            self._asked[in_room.key] = asked
        if not asked or self._head is None:
            return None
        return display_name(self._txn, self._head, user_id)
