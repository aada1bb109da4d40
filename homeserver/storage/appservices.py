"""What application services are to get, and how far each has come."""

from collections.abc import Collection

from attrs import frozen

from homeserver.storage import to_device
from homeserver.storage.transaction import Transaction


@frozen
class Silence:
    """A service that does not answer since a time, and when it is tried again."""

    since_ts: int
    retry_ts: int
    wait_ms: int


@frozen
class Pending:
    """A transaction under way: what is sent under an id never changes."""

    txn_id: str
    body: str


@frozen
class Progress:
    """Up to `place` all was delivered, or is in the transaction under way."""

    place: int
    pending: Pending | None = None
    silence: Silence | None = None


def find(txn: Transaction, service: str) -> Progress | None:
    """None for a service that is new."""
    row = txn.one(
        """
        SELECT place, txn_id, body, since_ts, retry_ts, wait_ms FROM appservice_queues
        WHERE service = ?
        """,
        service,
    )
    if row is None:
        return None
    place, txn_id, body, *silence = row
    return Progress(
        place,
        None if body is None else Pending(txn_id, body),
        None if silence[0] is None else Silence(*silence),
    )


def save(txn: Transaction, service: str, place: int, pending: Pending | None) -> None:
    """Note how far a service has come, and the transaction that it gets next."""
    txn.insert(
        """
        INSERT INTO appservice_queues (service, place, txn_id, body) VALUES (?, ?, ?, ?)
        ON CONFLICT (service) DO UPDATE SET place = excluded.place, txn_id = excluded.txn_id,
            body = excluded.body
        """,
        service,
        place,
        pending.txn_id if pending else "",
        pending.body if pending else None,
    )


def save_silence(txn: Transaction, service: str, silence: Silence | None) -> None:
    txn.insert(
        """
        UPDATE appservice_queues SET since_ts = ?, retry_ts = ?, wait_ms = ? WHERE service = ?
        """,
        silence and silence.since_ts,
        silence and silence.retry_ts,
        silence and silence.wait_ms,
        service,
    )


# -- what came while a service, or this server, was away


def live_events(txn: Transaction, after: int, upto: int, limit: int) -> list[int]:
    """Positions of what happened in rooms, without history that was put in later."""
    rows = txn.query(
        """
        SELECT position FROM events WHERE position > ? AND position <= ? AND place = position
        ORDER BY position LIMIT ?
        """,
        after,
        upto,
        limit,
    )
    return [position for (position,) in rows]


def moved_memberships(txn: Transaction, after: int, upto: int) -> list[tuple[int, int, str]]:
    """Where they moved, the position of the member event, and the user: those outside of rooms."""
    rows = txn.query(
        """
        SELECT memberships.moved, memberships.position, names.name FROM memberships
        JOIN names ON names.id = memberships.user_id
        JOIN events ON events.position = memberships.position
        WHERE memberships.moved > ? AND memberships.moved <= ? AND events.place IS NULL
        ORDER BY memberships.moved
        """,
        after,
        upto,
    )
    return [(moved, position, user_id) for moved, position, user_id in rows]


def moved_receipts(txn: Transaction, after: int, upto: int) -> list[tuple[int, str, str, bool]]:
    """Position, room, user, and whether it is private."""
    rows = txn.query(
        """
        SELECT receipts.position, rooms.name, users.name, receipts.type FROM receipts
        JOIN names AS rooms ON rooms.id = receipts.room
        JOIN names AS users ON users.id = receipts.user_id
        WHERE receipts.position > ? AND receipts.position <= ? ORDER BY receipts.position
        """,
        after,
        upto,
    )
    return [(position, room, user, type != "m.read") for position, room, user, type in rows]


def members_ever(txn: Transaction, room: int) -> list[tuple[str, str, int]]:
    """Everybody whose membership of a room is known: user, membership, and where it moved."""
    rows = txn.query(
        """
        SELECT names.name, memberships.membership, memberships.moved FROM memberships
        JOIN names ON names.id = memberships.user_id WHERE memberships.room = ?
        """,
        room,
    )
    return [(user_id, membership, moved) for user_id, membership, moved in rows]


# -- messages to devices


def devices_with_messages(txn: Transaction) -> list[tuple[str, str]]:
    rows = txn.query("SELECT DISTINCT user_id, device_id FROM to_device")
    return [(user_id, device_id) for user_id, device_id in rows]


def delete_messages(txn: Transaction, taken: Collection[tuple[str, str, int]]) -> None:
    """Those of each user's device up to a position."""
    for user_id, device_id, upto in taken:
        to_device.delete_upto(txn, user_id, device_id, upto)


def has_session(txn: Transaction, user_id: str, device_id: str) -> bool:
    """Whether the device has logged in, so that it can sync."""
    row = txn.one("SELECT 1 FROM sessions WHERE user_id = ? AND device_id = ?", user_id, device_id)
    return row is not None
