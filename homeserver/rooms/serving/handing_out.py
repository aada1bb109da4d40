"""Events as other servers get them, and what they rest upon."""

from collections.abc import Collection, Iterable

from orjson import Fragment

from homeserver.events.event import Event
from homeserver.events.resolution.sources import MAX_EVENTS
from homeserver.json_values import JsonObject
from homeserver.rooms.shown import as_seen
from homeserver.storage import events, names, state_trees
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction


def pdus_at(txn: Transaction, positions: Collection[int]) -> list[Fragment | JsonObject]:
    """PDUs, in no order: the bytes that were stored, but for those that are redacted."""
    return [
        as_seen(events.at(txn, position)).pdu if is_redacted else Fragment(text)
        for position, text, is_redacted in events.json_of(txn, positions)
    ]


def state_positions(txn: Transaction, root: bytes) -> list[int]:
    return [position for _, position in state_trees.items(txn, root)]


def without_members(txn: Transaction, root: bytes, but: Iterable[str]) -> list[int]:
    """The same without m.room.member events, but for those of these users."""
    member = names.find(txn, "m.room.member")
    kept = {names.find(txn, user_id) for user_id in but}
    return [
        position
        for (type, state_key), position in state_trees.items(txn, root)
        if type != member or state_key in kept
    ]


def auth_chain(txn: Transaction, found: Iterable[Event]) -> dict[str, Stored]:
    """All that the events rest upon, by id; not themselves."""
    chain: dict[str, Stored] = {}
    waiting = {event_id for event in found for event_id in event.auth_events}
    while waiting and len(chain) < MAX_EVENTS:
        level = events.find_all(txn, waiting)
        chain.update(level)
        waiting = {
            event_id
            for stored in level.values()
            for event_id in stored.event.auth_events
            if event_id not in chain
        }
    return chain
