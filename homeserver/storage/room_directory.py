"""Which rooms are published, and what they are."""

from collections.abc import Iterable

from homeserver.storage.transaction import Transaction

OWN = ""
"""The network of this server's own directory."""


def is_published(txn: Transaction, room_id: str) -> bool:
    row = txn.one("SELECT 1 FROM published_rooms WHERE network = ? AND room_id = ?", OWN, room_id)
    return row is not None


def publish(txn: Transaction, room_id: str, network: str = OWN) -> None:
    txn.insert(
        "INSERT INTO published_rooms (network, room_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        network,
        room_id,
    )


def withdraw(txn: Transaction, room_id: str, network: str = OWN) -> None:
    txn.insert("DELETE FROM published_rooms WHERE network = ? AND room_id = ?", network, room_id)


def published(txn: Transaction, networks: Iterable[str] | None) -> dict[str, bytes]:
    """The rooms of these networks (of all, if None), each with the root of its state."""
    wanted = None if networks is None else list(networks)
    chosen = "" if wanted is None else f"WHERE network IN ({txn.in_list(wanted)})"
    rows = txn.query(
        f"""
        SELECT DISTINCT published_rooms.room_id, rooms.state FROM published_rooms
        JOIN names ON names.name = published_rooms.room_id
        JOIN rooms ON rooms.room = names.id
        {chosen}
        """,
        *(wanted or ()),
    )
    return {room_id: bytes(root) for room_id, root in rows}
