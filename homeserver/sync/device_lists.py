"""Whose devices a client must look at anew. Spec: `device_lists` of GET /sync."""

from collections.abc import Iterable

from homeserver.changes import DeviceListChanged
from homeserver.devices.key_changes import counts
from homeserver.json_values import JsonObject
from homeserver.notifier import Notifier
from homeserver.storage import cross_signing_keys, devices, heads, memberships
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction
from homeserver.sync.latest import Latest
from homeserver.sync.view import View


class DeviceLists:
    def __init__(self, floor: int, notifier: Notifier) -> None:
        self._latest = Latest(floor)
        notifier.listen(
            DeviceListChanged, lambda change: self._latest.note(change.user_id, change.position)
        )

    def changes(self, view: View) -> JsonObject:
        """Empty for a first sync, and where nothing changed."""
        if view.wish.is_first:
            return {}
        came, left = _who_came(view), _who_left(view)
        # One's own devices are news only when they changed, whatever rooms one enters or leaves.
        own = {view.user_id}
        gone = {user for user in left - own if not shares_room_that_counts(view, user)}
        changed = (came - gone - own) | set(self._whose_devices_changed(view)) | _whom_signed(view)
        return {"changed": sorted(changed), "left": sorted(gone)} if changed or gone else {}

    def _whose_devices_changed(self, view: View) -> Iterable[str]:
        latest = self._latest.since(view.since)
        if latest is None:
            latest = devices.changed_lists(view.txn, view.since, view.upto)
        return [
            user_id for user_id in latest if user_id == view.user_id or shares_room(view, user_id)
        ]


def _whom_signed(view: View) -> set[str]:
    """Users whose keys this user signed: his other devices must see that."""
    if not view.moves.user_moved(view.user_id, view.since):
        return set()
    txn, user_id = view.txn, view.user_id
    return set(cross_signing_keys.signed_between(txn, user_id, view.since, view.upto))


def _who_came(view: View) -> set[str]:
    """With whom the user shares a room since the last sync: perhaps not the first one."""
    came: set[str] = set()
    for head in [*view.new_rooms, *view.newly_encrypted]:
        if counts(head):
            came.update(head.joined())
    for moved in view.moved_members:
        if counts(moved.head) and moved.has_joined(view.txn):
            came.add(moved.user_id)
    return came


def _who_left(view: View) -> set[str]:
    left: set[str] = set()
    for head in view.left_rooms:
        if counts(head):
            left.update(head.joined())
    for moved in view.moved_members:
        if (
            counts(moved.head)
            and not moved.head.is_joined(moved.user_id)
            and moved.was_joined(view.txn)
        ):
            left.add(moved.user_id)
    return left


def shares_room(view: View, user_id: str) -> bool:
    """Whether the two are in one room: it may become an encrypted one."""
    return any(True for _ in shared_rooms(view.txn, view.user_id, user_id))


def shares_room_that_counts(view: View, user_id: str) -> bool:
    """Whether the two are in a room where keys matter."""
    return any(map(counts, shared_rooms(view.txn, view.user_id, user_id)))


def shared_rooms(txn: Transaction, user_id: str, other: str) -> Iterable[Head]:
    """The rooms that both have joined."""
    mine, theirs = memberships.of_user(txn, user_id), memberships.of_user(txn, other)
    few, many = sorted((mine, theirs), key=len)
    for room_id, membership in few.items():
        same = many.get(room_id)
        if membership.membership == "join" and same is not None and same.membership == "join":
            head = heads.load(txn, room_id)
            if head is not None:
                yield head
