"""Rooms that a user is invited to or knocks at, as stripped state. Spec: "Stripped state"."""

from collections.abc import Collection

from homeserver.events.client_format import stripped_state
from homeserver.json_values import JsonObject
from homeserver.rooms.invite_permission import hides_invite
from homeserver.rooms.previews import shown_of
from homeserver.rooms.shown import as_seen
from homeserver.storage import events
from homeserver.storage.heads import Head
from homeserver.storage.memberships import Membership
from homeserver.storage.transaction import Transaction
from homeserver.sync.view import View


def pending_room(view: View, head: Head, membership: Membership) -> JsonObject | None:
    """The room's entry under `invite` or `knock`; None for an invite that the user is not told."""
    if membership.membership == "invite" and is_hidden(view, membership):
        return None
    shown = preview(view.txn, head, membership)
    return {f"{membership.membership}_state": {"events": shown}}


def is_hidden(view: View, invite: Membership) -> bool:
    """Whether the user ignores who invited, or wants no such invites."""
    return hides(view.txn, view.user_id, invite, view.ignored)


def hides(txn: Transaction, user_id: str, invite: Membership, ignored: Collection[str]) -> bool:
    return invite.sender in ignored or hides_invite(txn, user_id, invite.sender)


def preview(txn: Transaction, head: Head, membership: Membership) -> list[JsonObject]:
    """What somebody at the door may know, with the member event that put them there."""
    own = events.at(txn, membership.position)
    return [
        *(stripped_state(as_seen(stored)) for stored in shown_of(txn, head, own)),
        {
            **stripped_state(as_seen(own)),
            "event_id": own.event.event_id,
            "origin_server_ts": own.event.origin_server_ts,
        },
    ]
