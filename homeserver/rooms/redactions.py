"""Redactions that take effect: at once, or when the event they aim at comes."""

from homeserver.events.applying_redactions import takes_effect
from homeserver.events.ids import is_event_id
from homeserver.rooms.state_view import TreeView, power_levels_in
from homeserver.storage import early_redactions, events, names, relations, successors
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction


def redact(txn: Transaction, redaction: Stored) -> None:
    """Hide the event that the redaction aims at, now or when it comes, if the sender may."""
    target_id = redaction.event.redacts or ""
    if not is_event_id(target_id):
        return
    target = events.find(txn, target_id)
    if target is None:
        early_redactions.add(txn, target_id, redaction.position)
    elif target.redaction is None:
        _apply(txn, redaction, target)


def redact_early(txn: Transaction, stored: Stored) -> None:
    """Hide an event of another server whose redaction came before it."""
    for position in early_redactions.take(txn, stored.event.event_id):
        _apply(txn, events.at(txn, position), stored)


def _apply(txn: Transaction, redaction: Stored, target: Stored) -> None:
    levels = power_levels_in(TreeView(txn, redaction.state), redaction.event.version)
    if takes_effect(redaction.event, target.event, levels):
        hide(txn, target, redaction.position)


def hide(txn: Transaction, target: Stored, because: int) -> None:
    """From now on an event is shown as redacted by the one at `because`."""
    events.mark_redacted(txn, target, because)
    relations.delete(txn, target.position)
    if target.event.is_state:
        successors.forget_shown(txn, names.intern(txn, target.event.room_id), target)
