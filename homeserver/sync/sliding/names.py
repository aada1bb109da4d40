"""What rooms look like in a list: name, avatar, heroes, counts, and how recent they are."""

from typing import Any

from attrs import frozen

from homeserver.events.event import StateKey
from homeserver.json_values import JsonObject
from homeserver.rooms.heroes import heroes_of
from homeserver.storage import events
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction
from homeserver.sync.sliding.part import Part
from homeserver.sync.sliding.required import RequiredEvents, State
from homeserver.sync.sliding.sitting import Sitting
from homeserver.sync.summaries import Summaries
from homeserver.sync.view import MEMBER

NAME: StateKey = ("m.room.name", "")
AVATAR: StateKey = ("m.room.avatar", "")


@frozen(eq=False)
class Names:
    _summaries: Summaries

    def changes(self, sitting: Sitting, part: Part, required: RequiredEvents) -> JsonObject:
        """The properties that are new to the client."""
        txn, head, changed = part.view.txn, part.head, required.changed
        name = content_of(txn, required.state, NAME, "name")
        avatar = content_of(txn, required.state, AVATAR, "url")
        entry: JsonObject = {}
        for key, property, value in ((NAME, "name", name), (AVATAR, "avatar", avatar)):
            if key in changed or (part.is_new and value is not None):
                entry[property] = value
        if part.candidate.membership.membership != "join":
            return entry
        has_moved = any(key[0] == MEMBER for key in changed)
        if part.is_new or has_moved:
            counted = self._summaries.counted(head)
            entry["joined_count"], entry["invited_count"] = counted.joined, counted.invited
        if name is None and (part.is_new or has_moved or NAME in changed):
            users = heroes_of(self._summaries.counted(head), head, sitting.view.user_id)
            entry["heroes"] = [hero(txn, head, user_id) for user_id in users]
        return entry


def content_of(txn: Transaction, state: State, key: StateKey, name: str) -> str | None:
    """A text in the state event at this key, if there is one that says something."""
    position = state.get(key)
    stored = None if position is None else events.at(txn, position)
    if stored is None or stored.redaction is not None:
        return None
    value: Any = stored.event.content.get(name)
    return value if isinstance(value, str) and value else None


def hero(txn: Transaction, head: Head, user_id: str) -> JsonObject:
    """Who gives a name to a room that has none."""
    position = head.state.get((MEMBER, user_id))
    content = events.at(txn, position).event.content if position is not None else {}
    found: JsonObject = {"user_id": user_id}
    for name in ("displayname", "avatar_url"):
        if isinstance(content.get(name), str):
            found[name] = content[name]
    return found
