"""Memberships of our users in rooms that this server is not in: invites, knocks, and their end."""

from homeserver.changes import MembershipMoved
from homeserver.events.event import Event
from homeserver.json_values import JsonObject
from homeserver.rooms.current_state import membership_of
from homeserver.storage import events, heads, memberships, names, room_previews
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction


def note_membership(
    txn: Transaction, event: Event, server: str = "", preview: list[JsonObject] | None = None
) -> None:
    """Keep a member event outside of any timeline, and what the server tells of the room.

    Without a preview, the last one stays.
    """
    user_id = event.state_key or ""
    room = names.intern(txn, event.room_id)
    heads.save_new(txn, room, event.version)
    stored = events.find(txn, event.event_id)
    if stored is None:
        replaced = memberships.of_user(txn, user_id).get(event.room_id)
        stored = Stored(txn.next_position(), event, None, b"")
        stored.replaces = replaced.position if replaced else None
        events.insert(txn, stored, room)
    position = txn.next_position()
    membership = membership_of(event, stored.position)._replace(moved=position)
    memberships.save(txn, user_id, event.room_id, room, membership)
    if preview is not None:
        room_previews.save(txn, user_id, room, server, preview)
    txn.announce(MembershipMoved(position, user_id, event.room_id))


def is_out_of_band(txn: Transaction, user_id: str, room_id: str, own: str) -> bool:
    """Whether the user's membership is only known from another server: this one is not there."""
    head = heads.load(txn, room_id)
    if head is None:
        return True
    mine = memberships.of_user(txn, user_id).get(room_id)
    if own in head.servers or mine is None or mine.membership not in ("invite", "knock"):
        return False
    return events.at(txn, mine.position).place is None
