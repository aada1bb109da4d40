"""Extensions for the device itself: its messages, keys, and whose devices changed.

Spec: MSC4538 (formerly MSC3885), MSC4543 (MSC3884).
"""

from collections.abc import Collection

from homeserver.json_values import JsonObject
from homeserver.rooms.history import membership_at
from homeserver.rooms.tokens import read_token, write_token
from homeserver.storage import heads, to_device
from homeserver.sync.device_lists import DeviceLists
from homeserver.sync.joined_rooms import stretch_of
from homeserver.sync.key_counts import key_counts
from homeserver.sync.sliding.sitting import Sitting
from homeserver.sync.sliding.wishes import Extension
from homeserver.sync.states import moved_members
from homeserver.sync.timelines import Timeline
from homeserver.sync.view import ENCRYPTION, View

MAX_MESSAGES = 1000
NOT_READ = Timeline([], False, 0, complete=False)


def messages(sitting: Sitting, wish: Extension) -> tuple[JsonObject, bool]:
    """What waits for the device, and whether something does."""
    requester, after = sitting.wish.requester, since_of(wish)
    limit = max(1, min(wish.limit, MAX_MESSAGES))
    found = to_device.waiting(
        sitting.txn, requester.user_id, requester.device_id, after, sitting.view.upto, limit
    )
    # Without messages the token moves on too: it then covers fewer numbers.
    place = found[-1][0] if found else max(after, sitting.view.upto)
    section: JsonObject = {"next_batch": write_token(place)}
    if found:
        section["events"] = [message for _, message in found]
    return section, bool(found)


def since_of(wish: Extension) -> int:
    """The token of messages to the device; may raise InvalidParam."""
    return max(0, read_token(wish.since)) if wish.since else 0


def encryption(
    sitting: Sitting, device_lists: DeviceLists, moved: Collection[str]
) -> tuple[JsonObject, bool]:
    """Counts of keys, always, and whose devices changed; whether that is news."""
    view, requester = sitting.view, sitting.wish.requester
    counts = key_counts(view.txn, requester.user_id, requester.device_id)
    if sitting.is_first:
        return counts, True
    note_encrypted_rooms(view, moved)
    changes = device_lists.changes(view)
    return ({"device_lists": changes, **counts}, True) if changes else (counts, False)


def note_encrypted_rooms(view: View, moved: Collection[str]) -> None:
    """Who came and left in the rooms that moved, wherever they stand in lists."""
    for room_id in moved:
        membership = view.rooms.get(room_id)
        if membership is None:
            continue
        is_joined = membership.membership == "join"
        if not is_joined and (membership.moved <= view.since):
            continue
        head = heads.load(view.txn, room_id)
        if head is None or ENCRYPTION not in head.state:
            continue
        if not is_joined:
            if membership_at(view.spells(head), view.since) == "join":
                view.left_rooms.append(head)
            continue
        stretch = stretch_of(view, head, membership)
        if stretch.new:
            view.new_rooms.append(head)
            continue
        if head.state.get(ENCRYPTION, 0) > view.since:
            view.newly_encrypted.append(head)
        if head.newest > view.since:
            view.moved_members += moved_members(view, head, NOT_READ, stretch)
