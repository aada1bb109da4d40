"""Events that are shown to everybody in their room until they expire. MSC4354."""

from attrs import frozen

from homeserver.changes import StickyEventHeld
from homeserver.events.event import Event
from homeserver.events.sticky import sticky_duration
from homeserver.storage.events import Standing, Stored
from homeserver.storage.transaction import Transaction


@frozen
class Sticky:
    """The event at `position`, in its room's timeline `since` a place: 0 if it was not let in."""

    position: int
    room_id: str
    since: int
    expires_ts: int


def note(txn: Transaction, stored: Stored, room: int) -> None:
    """Write down an event that is sticky; its own time counts, until `limit` knows better."""
    event = stored.event
    duration = sticky_duration(event.pdu)
    if duration is None:
        return
    since = 0 if stored.standing is Standing.SOFT_FAILED else stored.place or 0
    expires_ts = event.origin_server_ts + duration
    txn.insert(
        """
        INSERT INTO sticky_events (position, room, since, expires_ts) VALUES (?, ?, ?, ?)
        ON CONFLICT (position) DO UPDATE SET since = excluded.since
        """,
        stored.position,
        room,
        since,
        expires_ts,
    )
    sticky = Sticky(stored.position, event.room_id, since, expires_ts)
    txn.announce(StickyEventHeld(txn.position, sticky, duration))


def limit(txn: Transaction, position: int, expires_ts: int) -> None:
    """Who dates an event into the future gains nothing."""
    txn.execute(
        "UPDATE sticky_events SET expires_ts = ? WHERE position = ? AND expires_ts > ?",
        expires_ts,
        position,
        expires_ts,
    )


def expiry(txn: Transaction, position: int) -> int | None:
    row = txn.one("SELECT expires_ts FROM sticky_events WHERE position = ?", position)
    return row[0] if row else None


def unexpired(txn: Transaction, now_ms: int) -> list[Sticky]:
    rows = txn.query(
        """
        SELECT position, names.name, since, expires_ts FROM sticky_events
        JOIN names ON names.id = sticky_events.room WHERE expires_ts > ? ORDER BY position
        """,
        now_ms,
    )
    return [Sticky(*row) for row in rows]


def forget_expired(txn: Transaction, now_ms: int) -> None:
    txn.execute("DELETE FROM sticky_events WHERE expires_ts <= ?", now_ms)


def is_sticky(event: Event) -> bool:
    return sticky_duration(event.pdu) is not None
