"""What administrators did."""

from attrs import frozen

from homeserver.storage.transaction import Transaction


@frozen
class Action:
    """A call that was to change something; `details` is JSON, without secrets."""

    id: int
    ts: int
    admin: str
    ip: str
    method: str
    path: str
    details: str


def add(txn: Transaction, action: Action) -> None:
    txn.insert(
        """
        INSERT INTO admin_actions (id, ts, admin, ip, method, path, details)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        txn.next_position(),
        action.ts,
        action.admin,
        action.ip,
        action.method,
        action.path,
        action.details,
    )


def newest(txn: Transaction, before: int, limit: int) -> list[Action]:
    rows = txn.query(
        """
        SELECT id, ts, admin, ip, method, path, details FROM admin_actions
        WHERE id < ? ORDER BY id DESC LIMIT ?
        """,
        before,
        limit,
    )
    return [Action(*row) for row in rows]
