"""Rooms that a user has left, as far as they could see them."""

from itertools import pairwise

from homeserver.json_values import JsonObject
from homeserver.rooms.history import Seen, Spell, spells
from homeserver.storage import events
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.sync.joined_rooms import room_entry
from homeserver.sync.states import state_for
from homeserver.sync.timelines import Timeline, timeline
from homeserver.sync.view import View


def left_room(view: View, head: Head, membership: Membership) -> JsonObject:
    """The room's entry under `leave`, up to the user's departure."""
    upto = min(membership.position, view.upto)
    lived = spells(view.txn, head, view.user_id)
    was_in = next((spell for spell in lived if spell.membership == "join"), None)
    if was_in is None or _ended_before(lived, view.since):
        found = _departure(view, membership)
        return room_entry(view, head, found, [])
    view.left_rooms.append(head)
    new = view.wish.is_first or was_in.start > view.since
    after = 0 if new else view.since
    found = timeline(view, head, after, upto)
    state = state_for(view, head, found, whole=new, upto=upto, after=after)
    return room_entry(view, head, found, state)


def _ended_before(lived: list[Spell], since: int) -> bool:
    """Whether the user's last stay was already over at the last sync: only an invite or knock
    ended now.
    """
    end = next((after.start for after, stay in pairwise(lived) if stay.membership == "join"), None)
    return end is not None and end <= since and since > 0


def _departure(view: View, membership: Membership) -> Timeline:
    """For who was never in: the event alone that ended the invite or knock."""
    stored = events.at(view.txn, membership.position)
    seen = [Seen(stored, membership.membership)]
    return Timeline(seen, limited=False, complete=True, starts_after=membership.position - 1)
