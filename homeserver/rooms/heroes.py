"""The members who stand for a room that has no name. Spec: `m.heroes` of GET /sync."""

from heapq import nsmallest

from attrs import frozen
from immutables import Map

from homeserver.events.event import StateKey
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

HEROES = 5
NAMES: dict[StateKey, str] = {
    ("m.room.name", ""): "name",
    ("m.room.canonical_alias", ""): "alias",
}
"""What gives a room a name, and the property that holds it."""


@frozen(eq=False)
class Counted:
    """`first` are the members who came first, one more than there are heroes."""

    members: Map[str, str]
    joined: int
    invited: int
    first: tuple[str, ...]


def heroes_of(counted: Counted, head: Head, user_id: str) -> list[str]:
    """Who gives the room a name for this user."""
    heroes = [user for user in counted.first if user != user_id][:HEROES]
    return heroes or _former(head, user_id)


def has_name(txn: Transaction, head: Head) -> bool:
    for (type, state_key), name in NAMES.items():
        stored = head.event(txn, type, state_key)
        if stored is not None and stored.redaction is None and stored.event.content.get(name):
            return True
    return False


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
