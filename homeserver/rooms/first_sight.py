"""What somebody outside of a room may know of it, and whether."""

from collections.abc import Iterable, Mapping

from homeserver.events.membership import join_rule_in
from homeserver.json_values import JsonObject
from homeserver.rooms.access import membership
from homeserver.rooms.directory_entries import entry_of, text_in
from homeserver.rooms.reading import is_world_readable
from homeserver.rooms.restricted import RESTRICTED, allowed_rooms
from homeserver.rooms.state_view import StateView
from homeserver.storage import heads, memberships
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

OPEN_TO_ALL = ("public", "knock", "knock_restricted")
MAX_ALLOWED = 100
"""Rooms whose members may come in, in one summary."""


def local_head(txn: Transaction, room_id: str, server_name: str) -> Head | None:
    """A room that this server is in: of others it knows at best how they were."""
    head = heads.load(txn, room_id)
    return head if head is not None and server_name in head.servers else None


def may_know(txn: Transaction, head: Head, user_id: str | None) -> bool:
    """Who is in the room, could enter it or knock, or could read it."""
    if is_world_readable(txn, head):
        return True
    own = membership(txn, user_id, head.room_id) if user_id else None
    standing = own.membership if own else "leave"
    if standing in ("join", "invite"):
        return True
    return standing != "ban" and may_come_in(txn, head, user_id)


def may_know_elsewhere(txn: Transaction, summary: JsonObject, user_id: str) -> bool:
    """The same of a room of other servers, by what they tell of it."""
    own = membership(txn, user_id, summary["room_id"])
    if summary.get("world_readable") or (own is not None and own.membership == "invite"):
        return True
    if own is not None and own.membership == "ban":
        return False
    if summary.get("join_rule") in OPEN_TO_ALL:
        return True
    return is_in_any(txn, user_id, summary.get("allowed_room_ids", ()))


def may_come_in(txn: Transaction, head: Head, user_id: str | None) -> bool:
    """Whether the join rules let the user in, if only after a knock."""
    rule = join_rule_in(StateView(txn, head))
    if rule not in head.version.join_rules:
        return False
    if rule in OPEN_TO_ALL:
        return True
    if rule not in RESTRICTED or user_id is None:
        return False
    return is_in_any(txn, user_id, allowed_rooms(txn, head))


def is_in_any(txn: Transaction, user_id: str, room_ids: Iterable[str]) -> bool:
    """Whether one of our users has joined one of the rooms."""
    mine = memberships.of_user(txn, user_id)
    allowed = (mine.get(room_id) for room_id in room_ids)
    return any(it is not None and it.membership == "join" for it in allowed)


def summary_of(txn: Transaction, head: Head) -> Mapping[str, object]:
    """definitions/room_summary.yaml, the same for everybody."""
    entry = entry_of(txn, head.room_id, head.root)
    summary: JsonObject = dict(entry.chunk) if entry else {}
    summary["room_version"] = head.version.id
    if algorithm := text_in(txn, head, "m.room.encryption", "algorithm"):
        summary["encryption"] = algorithm
    if join_rule_in(StateView(txn, head)) in RESTRICTED:
        allowed = [room_id for room_id in allowed_rooms(txn, head) if room_id.startswith("!")]
        summary["allowed_room_ids"] = allowed[:MAX_ALLOWED]
    return summary
