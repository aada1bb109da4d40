"""Who may redact what. Spec: Client-Server API, "Redactions", "Server behaviour".

The rules of rooms since version 3 let everybody redact what came from their own server: it is for
that server to see that its users leave the events of others alone.
"""

from homeserver.errors import Forbidden
from homeserver.events.building import Draft
from homeserver.rooms.state_view import StateView
from homeserver.storage import events
from homeserver.storage.heads import Head
from homeserver.storage.transaction import Transaction


def check_redaction(txn: Transaction, head: Head, sender: str, draft: Draft) -> None:
    """Raises Forbidden for an event of somebody else, without the power for that."""
    if draft.redacts is None:
        return
    target = events.find(txn, draft.redacts)
    is_own = (
        target is not None
        and target.event.room_id == head.room_id
        and target.event.sender == sender
    )
    levels = StateView(txn, head).power_levels()
    if not is_own and levels.user(sender) < levels.redact:
        raise Forbidden("You do not have the power to redact the events of others.")
