"""Who has to do with this server at all."""

from homeserver.storage import heads, memberships
from homeserver.storage.transaction import Transaction


def shares_room(txn: Transaction, own: str, user_id: str, besides: str = "") -> bool:
    """Whether the user is in a room with users of ours, other than one."""
    for room_id, membership in memberships.of_user(txn, user_id).items():
        if membership.membership == "join" and room_id != besides:
            head = heads.load(txn, room_id)
            if head is not None and own in head.servers:
                return True
    return False
