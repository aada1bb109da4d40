"""What a user may do with a room at all: the door before every look into one."""

from homeserver.errors import Forbidden, MatrixError
from homeserver.http.requester import Requester
from homeserver.storage import heads, memberships
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.storage.transaction import Transaction


class UserSuspended(MatrixError):
    status = 403
    errcode = "M_USER_SUSPENDED"


NOT_IN_ROOM = "You are not in this room, or it does not exist."


def joined_head(txn: Transaction, user_id: str, room_id: str) -> Head:
    """The room, for somebody who has joined it."""
    head = heads.load(txn, room_id)
    if head is None or not head.is_joined(user_id):
        raise Forbidden(NOT_IN_ROOM)
    return head


def membership(txn: Transaction, user_id: str, room_id: str) -> Membership | None:
    """The user's newest membership, or None for somebody who never had one."""
    return memberships.of_user(txn, user_id).get(room_id)


def refuse_suspended(requester: Requester) -> None:
    """Spec: "Account suspension": such users read and leave, and do little else."""
    if requester.is_suspended:
        raise UserSuspended("Your account is suspended: you can read and leave rooms, but no more.")
