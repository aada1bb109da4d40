"""Sessions of user-interactive authentication."""

from typing import Any

from attrs import frozen

from homeserver.json_values import decode, encode
from homeserver.storage.transaction import Transaction


@frozen
class InteractiveSession:
    """`user_id` is empty where nobody is logged in. `completed`: what each stage proved."""

    id: str
    operation: str
    user_id: str
    completed: dict[str, Any]
    request: bytes
    created_ts: int


def add(txn: Transaction, session: InteractiveSession, oldest_ts: int) -> None:
    """Store a session; those from before `oldest_ts` go."""
    txn.execute("DELETE FROM interactive_sessions WHERE created_ts < ?", oldest_ts)
    txn.execute(
        """
        INSERT INTO interactive_sessions (id, operation, user_id, completed, request, created_ts)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        session.id,
        session.operation,
        session.user_id,
        encode(session.completed).decode(),
        session.request,
        session.created_ts,
    )


def find(txn: Transaction, id: str, oldest_ts: int) -> InteractiveSession | None:
    row = txn.one(
        """
        SELECT id, operation, user_id, completed, request, created_ts FROM interactive_sessions
        WHERE id = ? AND created_ts >= ?
        """,
        id,
        oldest_ts,
    )
    if row is None:
        return None
    return InteractiveSession(row[0], row[1], row[2], decode(row[3]), bytes(row[4]), row[5])


def complete(txn: Transaction, session: InteractiveSession) -> None:
    """Add the stages that were passed to those that another request has passed meanwhile."""
    earlier = find(txn, session.id, 0)
    completed = {**(earlier.completed if earlier else {}), **session.completed}
    txn.execute(
        "UPDATE interactive_sessions SET completed = ?, request = ? WHERE id = ?",
        encode(completed).decode(),
        session.request,
        session.id,
    )


def remove(txn: Transaction, id: str) -> bool:
    """End a session; False if it has ended before."""
    return bool(txn.execute("DELETE FROM interactive_sessions WHERE id = ?", id))


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM interactive_sessions WHERE user_id = ?", user_id)
