"""Rooms that this server is not in, though a user is invited to them, or knocks at them.

Of these only that user's member event is known here, and what another server told of the room.
"""

from orjson import Fragment

from homeserver.events.client_format import stripped_state
from homeserver.json_values import JsonObject
from homeserver.rooms.shown import as_seen, show
from homeserver.rooms.tokens import write_token
from homeserver.storage import events, names, room_previews
from homeserver.storage.memberships import Membership
from homeserver.sync.pending_rooms import is_hidden
from homeserver.sync.view import View


def is_elsewhere(view: View, membership: Membership) -> bool:
    """Whether the member event is no part of a timeline that we have."""
    return events.at(view.txn, membership.position).place is None


def room_elsewhere(view: View, room_id: str, membership: Membership) -> JsonObject | None:
    """The room's entry under `invite`, `knock` or `leave`; None for a hidden invite."""
    own = events.at(view.txn, membership.position)
    if membership.membership not in ("invite", "knock"):
        shown = Fragment(show(view.txn, own, view.look, membership.membership))
        token = write_token(membership.moved - 1)
        return {
            "timeline": {"events": [shown], "limited": False, "prev_batch": token},
            view.wish.state_after or "state": {"events": [shown] if view.wish.state_after else []},
        }
    if membership.membership == "invite" and is_hidden(view, membership):
        return None
    room = names.find(view.txn, room_id) or 0
    shown_state = [
        *room_previews.find(view.txn, view.user_id, room),
        {
            **stripped_state(as_seen(own)),
            "event_id": own.event.event_id,
            "origin_server_ts": own.event.origin_server_ts,
        },
    ]
    return {f"{membership.membership}_state": {"events": shown_state}}
