"""What a room and its people are called in a notification."""

from collections.abc import Sequence

from homeserver.rooms import push_view
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

NAMED = 2
"""Of the members of a room without a name, so many are named."""
LOOKED_AT = 5
MAX_LENGTH = 200


def room_name(txn: Transaction, head: Head) -> str | None:
    return _text(txn, head, "m.room.name", "name")


def room_alias(txn: Transaction, head: Head) -> str | None:
    return _text(txn, head, "m.room.canonical_alias", "alias")


def room_title(txn: Transaction, head: Head, user_id: str) -> str:
    """What the user knows the room by: its name, its alias, or who else is there."""
    return room_name(txn, head) or room_alias(txn, head) or by_members(txn, head, user_id)


def by_members(txn: Transaction, head: Head, user_id: str) -> str:
    others: list[str] = []
    for member in head.members:
        if member != user_id:
            others.append(member)
        if len(others) == LOOKED_AT:
            break
    if not others:
        return "an empty room"
    return enumerated(
        [display_name(txn, head, other) for other in others[:NAMED]],
        len(head.members) - 1 - len(others[:NAMED]),
    )


def enumerated(names: Sequence[str], more: int) -> str:
    if more > 0:
        return f"{', '.join(names)} and {more} more"
    return " and ".join(names)


def display_name(txn: Transaction, head: Head, user_id: str) -> str:
    """The person's name in this room, or the user id."""
    name = push_view.display_name(txn, head, user_id)
    return name[:MAX_LENGTH] if name and name.strip() else user_id


def _text(txn: Transaction, head: Head, type: str, key: str) -> str | None:
    stored = head.event(txn, type)
    if stored is None or stored.redaction is not None:
        return None
    value = stored.event.content.get(key)
    return value[:MAX_LENGTH] if isinstance(value, str) and value.strip() else None
