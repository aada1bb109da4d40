"""Whose devices a client must look at anew. Spec: `device_lists` of GET /sync."""

from collections.abc import Iterable

from homeserver.json_values import JsonObject
from homeserver.storage import devices, heads
from homeserver.storage.heads import Head
from homeserver.sync.view import ENCRYPTION, View


def device_list_changes(view: View) -> JsonObject:
    """Empty for a first sync, and where nothing changed."""
    if view.wish.is_first:
        return {}
    changed: set[str] = set()
    left: set[str] = set()
    for head in view.new_rooms:
        if ENCRYPTION in head.state:
            changed.update(head.joined())
    for head, user_id in view.moved_members:
        (changed if head.is_joined(user_id) else left).add(user_id)
    for head in view.left_rooms:
        if ENCRYPTION in head.state:
            left.update(head.joined())
    gone = {user for user in left if not _shares_room(view, user)}
    # One's own devices are news only when they changed, whatever rooms one enters or leaves.
    own = {view.user_id}
    changed = (changed - gone - own) | set(_whose_devices_changed(view))
    gone -= own
    return {"changed": sorted(changed), "left": sorted(gone)} if changed or gone else {}


def _whose_devices_changed(view: View) -> Iterable[str]:
    if not view.moves.devices_moved(view.since):
        return ()
    return [
        user_id
        for user_id in devices.changed_lists(view.txn, view.since, view.upto)
        if user_id == view.user_id or _shares_room(view, user_id)
    ]


def _shares_room(view: View, user_id: str) -> bool:
    """Whether the two are in one encrypted room: nobody else's devices matter."""
    return any(ENCRYPTION in head.state and head.is_joined(user_id) for head in _joined_heads(view))


def _joined_heads(view: View) -> Iterable[Head]:
    for room_id, membership in view.rooms.items():
        if membership.membership == "join":
            head = heads.load(view.txn, room_id)
            if head is not None:
                yield head
