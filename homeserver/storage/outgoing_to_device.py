"""Messages to devices of other servers' users, until those servers have them."""

from attrs import frozen

from homeserver.changes import Change
from homeserver.storage.transaction import Transaction

MAX_WAITING = 10_000
"""For one server. Beyond it the oldest go: that server has been away for very long."""


@frozen
class ToDeviceLeft(Change):
    """A message has set out for a device of this server."""

    server: str


def add(txn: Transaction, server: str, position: int, content: str) -> None:
    """Let the content of an m.direct_to_device, as canonical JSON, wait for a server."""
    txn.insert(
        "INSERT INTO outgoing_to_device (position, server, content) VALUES (?, ?, ?)",
        position,
        server,
        content,
    )
    txn.announce(ToDeviceLeft(position, server))


def drop_oldest(txn: Transaction, server: str) -> int:
    """Make room for new messages; how many went."""
    row = txn.one(
        """
        SELECT position FROM outgoing_to_device WHERE server = ?
        ORDER BY position DESC LIMIT 1 OFFSET ?
        """,
        server,
        MAX_WAITING,
    )
    return 0 if row is None else delete_upto(txn, server, row[0])


def waiting(txn: Transaction, server: str, limit: int) -> list[tuple[int, str]]:
    """Position and content, oldest first."""
    rows = txn.query(
        """
        SELECT position, content FROM outgoing_to_device WHERE server = ?
        ORDER BY position LIMIT ?
        """,
        server,
        limit,
    )
    return [(position, content) for position, content in rows]


def servers(txn: Transaction) -> set[str]:
    """Those for which messages wait."""
    return {row[0] for row in txn.query("SELECT DISTINCT server FROM outgoing_to_device")}


def delete_upto(txn: Transaction, server: str, position: int) -> int:
    return txn.execute(
        "DELETE FROM outgoing_to_device WHERE server = ? AND position <= ?", server, position
    )


def delete_first(txn: Transaction, server: str) -> None:
    if found := waiting(txn, server, 1):
        delete_upto(txn, server, found[0][0])
