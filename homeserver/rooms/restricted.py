"""Rooms that let in the members of other rooms. Spec: Client-Server API, "Restricted rooms"."""

from collections.abc import Iterator
from itertools import chain

from homeserver.errors import Forbidden, MatrixError
from homeserver.events.auth_selection import CREATE, POWER_LEVELS
from homeserver.events.ids import domain_of
from homeserver.events.membership import join_rule_in
from homeserver.events.power_levels import creators
from homeserver.rooms.state_view import StateView
from homeserver.storage import heads
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

RESTRICTED = ("restricted", "knock_restricted")


class UnableToAuthoriseJoin(MatrixError):
    """This server cannot see whether the user meets the conditions."""

    errcode = "M_UNABLE_TO_AUTHORISE_JOIN"


class UnableToGrantJoin(MatrixError):
    """Nobody on this server has the power to let users in."""

    errcode = "M_UNABLE_TO_GRANT_JOIN"


def authorising_user(txn: Transaction, head: Head, user_id: str, server_name: str) -> str | None:
    """Who of this server lets the user in; None where the user needs nobody for that.

    Raises Forbidden, UnableToAuthoriseJoin or UnableToGrantJoin.
    """
    if not needs_authorising(txn, head, user_id):
        return None
    check_conditions(txn, head, user_id, server_name)
    for member in may_invite(txn, head):
        if domain_of(member) == server_name:
            return member
    raise UnableToGrantJoin("Nobody on this server has the power to let you into this room.")


def needs_authorising(txn: Transaction, head: Head, user_id: str) -> bool:
    if head.members.get(user_id) in ("join", "invite") or not head.version.restricted:
        return False
    rule = join_rule_in(StateView(txn, head))
    return rule in RESTRICTED and rule in head.version.join_rules


def check_conditions(txn: Transaction, head: Head, user_id: str, server_name: str) -> None:
    """Raise unless the user has joined one of the rooms whose members may come in.

    What is known of rooms that this server has left may have changed.
    """
    in_doubt = False
    for room_id in allowed_rooms(txn, head):
        other = heads.load(txn, room_id)
        if other is None or server_name not in other.servers:
            in_doubt = True
        elif other.is_joined(user_id):
            return
    if in_doubt:
        raise UnableToAuthoriseJoin(
            "This server does not know all the rooms whose members may join this one."
        )
    raise Forbidden("You are not invited to this room, nor in a room that would let you in.")


def allowed_rooms(txn: Transaction, head: Head) -> Iterator[str]:
    rules = head.event(txn, "m.room.join_rules")
    allow = rules.event.content.get("allow") if rules else None
    for condition in allow if isinstance(allow, list) else []:
        if isinstance(condition, dict) and condition.get("type") == "m.room_membership":
            room_id = condition.get("room_id")
            if isinstance(room_id, str):
                yield room_id


def may_invite(txn: Transaction, head: Head) -> Iterator[str]:
    """The joined members with the power to invite; those whom the room names come first."""
    state = StateView(txn, head)
    levels, create = state.power_levels(), state.get(CREATE)
    named = creators(create, head.version) if create else frozenset()
    content = event.content if (event := state.get(POWER_LEVELS)) else {}
    users = content.get("users")
    everybody = head.joined() if levels.user("") >= levels.invite else ()
    for member in chain(sorted(named), users if isinstance(users, dict) else (), everybody):
        if head.is_joined(member) and levels.user(member) >= levels.invite:
            yield member
