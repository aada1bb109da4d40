"""Servers whose users are in rooms with ours."""

from homeserver.events.ids import domain_of
from homeserver.storage.transaction import Transaction


def everything(txn: Transaction, own: str) -> set[str]:
    rows = txn.query(
        """
        SELECT names.name FROM names WHERE names.name NOT LIKE ? AND names.id IN (
            SELECT user_id FROM memberships WHERE membership = 'join'
        )
        """,
        f"@%:{own}",
    )
    return {domain_of(user_id) for (user_id,) in rows}


def rooms_with(txn: Transaction, server: str) -> list[tuple[str, int]]:
    """Rooms with users of a server, and the place of the newest membership there."""
    rows = txn.query(
        """
        SELECT rooms.name, MAX(memberships.moved) FROM memberships
        JOIN names AS users ON users.id = memberships.user_id
        JOIN names AS rooms ON rooms.id = memberships.room
        WHERE memberships.membership = 'join' AND users.name LIKE ?
        GROUP BY rooms.name ORDER BY rooms.name
        """,
        f"@%:{server}",
    )
    return [(room_id, int(place)) for room_id, place in rows]
