"""Who came into the user's rooms and who left, wherever these rooms stand in lists."""

from collections.abc import Collection

from homeserver.rooms.history import membership_at
from homeserver.storage import heads
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.sync.joined_rooms import stretch_of
from homeserver.sync.states import moved_members
from homeserver.sync.timelines import Timeline
from homeserver.sync.view import ENCRYPTION, View

NOT_READ = Timeline([], False, 0, complete=False)


def note_neighbours(view: View, moved: Collection[str], *, everywhere: bool) -> None:
    """Look into the rooms that moved: `everywhere`, or only into encrypted ones."""
    for room_id in moved:
        membership = view.rooms.get(room_id)
        if membership is None:
            continue
        if membership.membership != "join" and membership.moved <= view.since:
            continue
        head = heads.load(view.txn, room_id)
        if head is not None and (everywhere or ENCRYPTION in head.state):
            _note_room(view, head, membership)


def _note_room(view: View, head: Head, membership: Membership) -> None:
    if membership.membership != "join":
        if membership_at(view.spells(head), view.since) == "join":
            view.left_rooms.append(head)
        return
    stretch = stretch_of(view, head, membership)
    if stretch.new:
        view.new_rooms.append(head)
        return
    if head.state.get(ENCRYPTION, 0) > view.since:
        view.newly_encrypted.append(head)
    if head.newest > view.since:
        view.moved_members += moved_members(view, head, NOT_READ, stretch)
