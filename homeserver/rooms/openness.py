"""Rooms that anybody may enter or read: searches for people find their members.

Spec: Client-Server API, "User Directory".
"""

from homeserver.events.event import StateKey
from homeserver.storage import user_directory
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

JOIN_RULES: StateKey = ("m.room.join_rules", "")
VISIBILITY: StateKey = ("m.room.history_visibility", "")


def note_openness(txn: Transaction, former: Head, after: Head) -> None:
    """Keep account of a room that opens or closes."""
    for key in (JOIN_RULES, VISIBILITY):
        if former.state.get(key) != after.state.get(key):
            user_directory.set_open(txn, after.room, is_open(txn, after))
            return


def is_open(txn: Transaction, head: Head) -> bool:
    """Whether anybody may enter or read the room."""
    rules, visibility = head.event(txn, *JOIN_RULES), head.event(txn, *VISIBILITY)
    return (rules is not None and rules.event.content.get("join_rule") == "public") or (
        visibility is not None
        and visibility.event.content.get("history_visibility") == "world_readable"
    )
