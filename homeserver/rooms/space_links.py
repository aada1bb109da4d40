"""Spaces and rooms that point at a room which has been replaced."""

from collections.abc import Iterator

from homeserver.errors import MatrixError
from homeserver.events.building import Draft
from homeserver.json_values import JsonObject
from homeserver.rooms import timeline
from homeserver.rooms.opening import Opening
from homeserver.rooms.transferring import current
from homeserver.storage import upgrading
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

CHILD = "m.space.child"
JOIN_RULES = "m.room.join_rules"


def relink(txn: Transaction, opening: Opening, old: Head, new: Head, sender: str) -> None:
    """Point them at the new room, wherever the sender may."""
    for room_id in upgrading.joined_with_state(txn, sender, CHILD, old.room_id):
        space = timeline.head(txn, room_id)
        if space is not None:
            set_where_allowed(txn, opening, space, sender, moved_child(txn, space, old, new))
    for room_id in children(old):
        child = timeline.head(txn, room_id)
        if child is not None and child.is_joined(sender):
            set_where_allowed(txn, opening, child, sender, opened_to(txn, child, old, new))


def children(head: Head) -> list[str]:
    return [state_key for type, state_key in head.state if type == CHILD]


def moved_child(txn: Transaction, space: Head, old: Head, new: Head) -> Iterator[Draft]:
    link = current(txn, space, CHILD, old.room_id)
    if link and link.get("via"):
        yield Draft(CHILD, link, new.room_id)
        yield Draft(CHILD, {}, old.room_id)


def opened_to(txn: Transaction, child: Head, old: Head, new: Head) -> Iterator[Draft]:
    """Members of the old space could join its rooms: so can those of the new one."""
    content = current(txn, child, JOIN_RULES) or {}
    found = content.get("allow")
    allow = found if isinstance(found, list) else []
    for condition in allow:
        if isinstance(condition, dict) and condition.get("room_id") == old.room_id:
            added: JsonObject = {**condition, "room_id": new.room_id}
            yield Draft(JOIN_RULES, {**content, "allow": [*allow, added]}, "")
            return


def set_where_allowed(
    txn: Transaction, opening: Opening, head: Head, sender: str, drafts: Iterator[Draft]
) -> None:
    try:
        for draft in drafts:
            head = opening.set(txn, head, sender, draft)
    except MatrixError:
        return
