"""Who has to do with this server at all."""

from collections.abc import Iterator

from homeserver.storage import heads, memberships
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction


def shares_room(txn: Transaction, own: str, user_id: str, besides: str = "") -> bool:
    """Whether the user is in a room with users of ours, other than one."""
    return any(head.room_id != besides for head in shared_rooms(txn, own, user_id))


def shared_rooms(txn: Transaction, own: str, user_id: str) -> Iterator[Head]:
    """The rooms where the user is together with users of ours."""
    for room_id, membership in memberships.of_user(txn, user_id).items():
        if membership.membership == "join":
            head = heads.load(txn, room_id)
            if head is not None and own in head.servers:
                yield head
