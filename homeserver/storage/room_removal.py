"""Forgets a room with all that is kept about it."""

from homeserver.storage import names, thread_roots
from homeserver.storage.search import Index
from homeserver.storage.transaction import Transaction

BY_NUMBER = (
    "rooms",
    "extremities",
    "current_state",
    "memberships",
    "highlights",
    "missing_events",
    "room_previews",
    "open_rooms",
    "receipts",
    "thread_roots",
    "outgoing",
    "thread_subscriptions",
    "mass_redactions",
    "purged_rooms",
    "room_types",
    "history_places",
)
BY_ID = ("aliases", "published_rooms", "incoming_events", "delayed_events", "server_notice_rooms")


def unlink(txn: Transaction, room_id: str) -> None:
    """From now on nobody knows the room; its events are still to be deleted."""
    room = names.find(txn, room_id)
    if room is None:
        return
    rows = txn.query(
        """
        SELECT names.name FROM memberships JOIN names ON names.id = memberships.user_id
        WHERE memberships.room = ?
        """,
        room,
    )
    for (user_id,) in rows:
        txn.drop(txn.memory.rooms_of_users, user_id)
    txn.drop(txn.memory.heads, room_id)
    thread_roots.forget(txn, room)
    for table in BY_NUMBER:
        txn.execute(f"DELETE FROM {table} WHERE room = ?", room)
    for table in BY_ID:
        txn.execute(f"DELETE FROM {table} WHERE room_id = ?", room_id)


def delete_events(txn: Transaction, room_id: str, upto: int, index: Index, limit: int) -> int:
    """Delete some of the events up to a position; how many."""
    room = names.find(txn, room_id) or 0
    rows = txn.query(
        "SELECT position, event_id FROM events WHERE room = ? AND position <= ? LIMIT ?",
        room,
        upto,
        limit,
    )
    for position, event_id in rows:
        index.remove(txn, position)
        txn.drop(txn.memory.events, position)
        txn.drop(txn.memory.positions, event_id)
    if rows:
        positions = [position for position, _ in rows]
        for table in ("events", "relations", "sticky_events", "handed_in"):
            txn.execute(
                f"DELETE FROM {table} WHERE position IN ({txn.in_list(positions)})", *positions
            )
    return len(rows)
