"""What joined and left rooms have in common: timeline, state, account data."""

from collections.abc import Sequence
from typing import Any

from orjson import Fragment, loads

from homeserver.json_values import JsonObject
from homeserver.rooms.history import Seen, membership_at
from homeserver.rooms.relations import bundles
from homeserver.rooms.shown import as_seen, show
from homeserver.rooms.tokens import write_token
from homeserver.storage import account_data
from homeserver.storage.events import Stored
from homeserver.storage.heads import Head
from homeserver.sync.timelines import Timeline
from homeserver.sync.view import View


def room_entry(
    view: View,
    head: Head,
    found: Timeline,
    state: Sequence[Stored],
    shown: list[Any] | None = None,
) -> JsonObject:
    """`shown` are the timeline's events, if they are written already."""
    return {
        "timeline": {
            "events": show_seen(view, head, found.events) if shown is None else shown,
            "limited": found.limited,
            "prev_batch": write_token(found.starts_after),
        },
        view.wish.state_after or "state": {"events": show_state(view, head, state)},
    }


def room_account_data(view: View, room_id: str, *, new: bool) -> list[JsonObject]:
    """What changed; of a room that is new to the client, all."""
    wanted = view.wish.filter.room.account_data
    if not wanted.allows_room(room_id):
        return []
    if new and not view.wish.is_first:
        changed = account_data.in_room(view.txn, view.user_id, room_id)
    else:
        changed = view.account_data.get(room_id, [])
    return [
        data.event()
        for data in changed
        if wanted.is_everything or wanted.matches(data.type, None, {})
    ]


def show_seen(view: View, head: Head, found: Sequence[Seen]) -> list[Any]:
    """Events with what relates to them."""
    related = bundles(view.txn, head, view.look, [seen.stored for seen in found])
    return [
        _show(view, seen.stored, seen.membership, related.get(seen.stored.event.event_id))
        for seen in found
    ]


def show_state(view: View, head: Head, state: Sequence[Stored]) -> list[Any]:
    if not state:
        return []
    lived = view.spells(head)
    return [_show(view, stored, membership_at(lived, stored.position)) for stored in state]


def _show(view: View, stored: Stored, membership: str, related: JsonObject | None = None) -> Any:
    wish = view.wish.filter
    if wish.federation_format:
        return as_seen(stored).pdu
    shown = show(view.txn, stored, view.look, membership, related)
    return wish.event_fields.pick(loads(shown)) if wish.event_fields else Fragment(shown)
