"""Bans and kicks that redact what their target said, until all of it is done. MSC4293."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class Task:
    """By the event at `position`: redact what the user (a number in `names`) said in this part."""

    position: int
    room: int
    user: int
    after: int
    upto: int


def add(txn: Transaction, task: Task) -> None:
    txn.insert(
        """
        INSERT INTO mass_redactions (position, room, user_id, after, upto) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        task.position,
        task.room,
        task.user,
        task.after,
        task.upto,
    )


def first(txn: Transaction) -> Task | None:
    row = txn.one(
        "SELECT position, room, user_id, after, upto FROM mass_redactions ORDER BY position LIMIT 1"
    )
    return Task(*row) if row else None


def move_on(txn: Transaction, task: Task, after: int) -> None:
    txn.execute("UPDATE mass_redactions SET after = ? WHERE position = ?", after, task.position)


def remove(txn: Transaction, task: Task) -> None:
    txn.execute("DELETE FROM mass_redactions WHERE position = ?", task.position)


def portion(txn: Transaction, task: Task, limit: int) -> tuple[list[int], int | None]:
    """The user's events among the next of the room, and the last place looked at if more follow."""
    rows = txn.query(
        """
        SELECT position, place, sender, redaction FROM events
        WHERE room = ? AND place > ? AND place <= ? ORDER BY place LIMIT ?
        """,
        task.room,
        task.after,
        task.upto,
        limit,
    )
    found = [
        position
        for position, _, sender, redaction in rows
        if sender == task.user and redaction is None and position != task.position
    ]
    return found, rows[-1][1] if len(rows) == limit else None
