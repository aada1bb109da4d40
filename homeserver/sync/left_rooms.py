"""Rooms that a user has left, as far as they could see them."""

from homeserver.json_values import JsonObject
from homeserver.rooms.history import Seen, known_upto, membership_at
from homeserver.storage import events
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.sync.room_entries import room_account_data, room_entry
from homeserver.sync.states import state_for
from homeserver.sync.timelines import Timeline, timeline
from homeserver.sync.view import Stretch, View


def left_room(view: View, head: Head, membership: Membership) -> JsonObject:
    """The room's entry under `leave`, up to the user's departure."""
    stretch = _stretch(view, head, membership)
    if stretch is None:
        departure = _departure(view, membership)
        at_end = [seen.stored for seen in departure.events] if view.wish.state_after else []
        return room_entry(view, head, departure, at_end)
    if stretch.after < stretch.upto:
        view.left_rooms.append(head)
    found = timeline(view, head, stretch)
    entry = room_entry(view, head, found, state_for(view, head, found, stretch))
    if data := room_account_data(view, head.room_id, new=stretch.new):
        entry["account_data"] = {"events": data}
    return entry


def _stretch(view: View, head: Head, membership: Membership) -> Stretch | None:
    """None for somebody who was not in the room since the last sync: an invite or knock ended."""
    since, upto = view.since, min(membership.position, view.upto)
    lived = view.spells(head)
    was_in = next((spell for spell in lived if spell.membership == "join"), None)
    if was_in is None:
        return None
    if view.wish.is_first:
        return Stretch(0, upto, new=True, whole=True)
    known = known_upto(lived, since)
    if was_in.start > since:
        return Stretch(known, upto, new=True, whole=True)
    if membership_at(lived, since) != "join" and not view.wish.full_state:
        return None
    return Stretch(known, max(known, upto), new=False, whole=view.wish.full_state)


def _departure(view: View, membership: Membership) -> Timeline:
    """The event alone that ended the invite or knock."""
    stored = events.at(view.txn, membership.position)
    return Timeline([Seen(stored, membership.membership)], False, membership.position - 1)
