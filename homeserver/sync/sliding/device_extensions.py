"""Extensions for the device itself: its messages, keys, and whose devices changed.

Spec: MSC4538 (formerly MSC3885), MSC4543 (MSC3884).
"""

from homeserver.json_values import JsonObject
from homeserver.rooms.tokens import read_token, write_token
from homeserver.storage import to_device
from homeserver.sync.device_lists import DeviceLists
from homeserver.sync.key_counts import key_counts
from homeserver.sync.sliding.sitting import Sitting
from homeserver.sync.sliding.wishes import Extension

MAX_MESSAGES = 1000


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


def encryption(sitting: Sitting, device_lists: DeviceLists) -> tuple[JsonObject, bool]:
    """Counts of keys, always, and whose devices changed; whether that is news."""
    view, requester = sitting.view, sitting.wish.requester
    counts = key_counts(view.txn, requester.user_id, requester.device_id)
    if sitting.is_first:
        return counts, True
    changes = device_lists.changes(view)
    return ({"device_lists": changes, **counts}, True) if changes else (counts, False)
