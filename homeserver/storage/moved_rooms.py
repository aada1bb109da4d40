"""Which rooms have news, for those whom memory cannot tell."""

from homeserver.storage import names
from homeserver.storage.transaction import Transaction


def of_user(txn: Transaction, user_id: str, after: int) -> set[str]:
    """The ids of joined rooms with an event or a receipt behind this place."""
    rows = txn.query(
        """
        SELECT names.name FROM memberships JOIN names ON names.id = memberships.room
        WHERE memberships.user_id = ? AND memberships.membership = 'join' AND (
            EXISTS (
                SELECT 1 FROM events
                WHERE events.room = memberships.room AND events.place > ?
            )
            OR EXISTS (
                SELECT 1 FROM receipts
                WHERE receipts.room = memberships.room AND receipts.position > ?
            )
        )
        """,
        names.find(txn, user_id) or 0,
        after,
        after,
    )
    return {room_id for (room_id,) in rows}
