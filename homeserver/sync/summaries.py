"""Counts and heroes of a room. Spec: `RoomSummary` of GET /sync."""

from collections import OrderedDict
from heapq import nsmallest

from attrs import frozen
from immutables import Map

from homeserver.json_values import JsonObject
from homeserver.storage.heads import Head

HEROES = 5
KEPT = 4000


@frozen(eq=False)
class Counted:
    """`first` are the members who came first, one more than there are heroes."""

    members: Map[str, str]
    joined: int
    invited: int
    first: tuple[str, ...]


class Summaries:
    """Worked out once for each change of a room's members, not once for each who asks."""

    def __init__(self) -> None:
        self._rooms: OrderedDict[str, Counted] = OrderedDict()

    def of(self, head: Head, user_id: str) -> JsonObject:
        counted = self.counted(head)
        heroes = [user for user in counted.first if user != user_id][:HEROES]
        return {
            "m.heroes": heroes or _former(head, user_id),
            "m.joined_member_count": counted.joined,
            "m.invited_member_count": counted.invited,
        }

    def counted(self, head: Head) -> Counted:
        known = self._rooms.get(head.room_id)
        if known is None or known.members is not head.members:
            known = self._rooms[head.room_id] = count(head)
            if len(self._rooms) > KEPT:
                self._rooms.popitem(last=False)
        return known


def count(head: Head) -> Counted:
    by_membership: dict[str, list[str]] = {"join": [], "invite": []}
    for user_id, membership in head.members.items():
        by_membership.setdefault(membership, []).append(user_id)
    joined, invited = by_membership["join"], by_membership["invite"]
    first = nsmallest(
        HEROES + 1, joined + invited, lambda user: head.state.get(("m.room.member", user), 0)
    )
    return Counted(head.members, len(joined), len(invited), tuple(first))


def _former(head: Head, user_id: str) -> list[str]:
    """In an empty room, those who were in it."""
    gone = (
        (position, state_key)
        for (type, state_key), position in head.state.items()
        if type == "m.room.member" and state_key != user_id
    )
    return [user for _, user in nsmallest(HEROES, gone)]
