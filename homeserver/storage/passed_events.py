"""What happened on a part of the number line, for who reads it again after a restart."""

from homeserver.storage.transaction import Transaction


def live(txn: Transaction, after: int, upto: int, limit: int) -> list[int]:
    """The positions of events that were the newest of their rooms when they came, but for those
    that were old even then.
    """
    rows = txn.query(
        """
        SELECT position FROM events
        WHERE position > ? AND position <= ? AND place >= position AND standing = 0
            AND NOT EXISTS (
                SELECT 1 FROM quiet_events WHERE quiet_events.position = events.position
            )
        ORDER BY position LIMIT ?
        """,
        after,
        upto,
        limit,
    )
    return [position for (position,) in rows]


def note_quiet(txn: Transaction, position: int) -> None:
    txn.insert("INSERT INTO quiet_events (position) VALUES (?)", position)


def forget_quiet(txn: Transaction, upto: int) -> None:
    """Nobody will read that part again."""
    txn.execute("DELETE FROM quiet_events WHERE position <= ?", upto)


def invites(txn: Transaction, after: int, upto: int) -> list[tuple[int, str, str]]:
    """Place, user and room of invites to rooms of other servers."""
    rows = txn.query(
        """
        SELECT memberships.moved, users.name, rooms.name FROM memberships
        JOIN events ON events.position = memberships.position
        JOIN names AS users ON users.id = memberships.user_id
        JOIN names AS rooms ON rooms.id = memberships.room
        WHERE memberships.membership = 'invite' AND memberships.moved > ?
            AND memberships.moved <= ? AND events.place IS NULL
        """,
        after,
        upto,
    )
    return [(moved, user_id, room_id) for moved, user_id, room_id in rows]
