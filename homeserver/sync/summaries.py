"""Counts and heroes of a room. Spec: `RoomSummary` of GET /sync."""

from collections import OrderedDict

from homeserver.json_values import JsonObject
from homeserver.rooms.heroes import NAMES, Counted, count, has_name, heroes_of
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

KEPT = 4000


class Summaries:
    """Worked out once for each change of a room's members, not once for each who asks."""

    def __init__(self) -> None:
        self._rooms: OrderedDict[str, Counted] = OrderedDict()

    def of(self, txn: Transaction, head: Head, user_id: str) -> JsonObject:
        """Heroes only for a room that has no name."""
        counted = self.counted(head)
        summary: JsonObject = {
            "m.joined_member_count": counted.joined,
            "m.invited_member_count": counted.invited,
        }
        if not has_name(txn, head):
            summary["m.heroes"] = heroes_of(counted, head, user_id)
        return summary

    def counted(self, head: Head) -> Counted:
        known = self._rooms.get(head.room_id)
        if known is None or known.members is not head.members:
            known = self._rooms[head.room_id] = count(head)
            if len(self._rooms) > KEPT:
                self._rooms.popitem(last=False)
        return known


def name_changed(head: Head, after: int) -> bool:
    """Whether the room may have lost or got its name behind this place."""
    return any(head.state.get(key, 0) > after for key in NAMES)
