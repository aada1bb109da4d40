"""Where a user may have been notified: every room with its newest place."""

from homeserver.storage import names
from homeserver.storage.transaction import Transaction


def rooms(txn: Transaction, user_id: str) -> list[tuple[str, int]]:
    """The rooms that a user is in, or invited to, and the newest place of each."""
    rows = txn.query(
        """
        SELECT names.name, (
            SELECT MAX(place) FROM events WHERE events.room = memberships.room
        )
        FROM memberships JOIN names ON names.id = memberships.room
        WHERE memberships.user_id = ? AND memberships.membership IN ('join', 'invite')
        """,
        names.find(txn, user_id) or 0,
    )
    return [(room_id, newest) for room_id, newest in rows if newest is not None]
