"""Whom an event makes look up, under default push rules."""

from homeserver.events.event import Event
from homeserver.events.push_rules.evaluation import (
    Highlights,
    SharedEvaluation,
    counts_by_default,
    highlights_by_default,
)
from homeserver.events.push_rules.facts import RoomView
from homeserver.rooms.state_view import StateView
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction

NOBODY = Highlights(frozenset(), False)


def attention(txn: Transaction, former: Head, event: Event) -> tuple[bool, Highlights]:
    """Whether the event notifies ordinary members, and whom it highlights."""
    if event.type == "m.room.create":
        return False, NOBODY
    levels = StateView(txn, former).power_levels()
    room = RoomView(
        len(former.members), levels.user(event.sender), {"room": levels.notifications()}
    )
    evaluation = SharedEvaluation.of(event, room)
    found = highlights_by_default(evaluation)
    members = frozenset(user for user in found.user_ids if former.is_joined(user))
    return counts_by_default(evaluation), Highlights(members, found.everyone)
