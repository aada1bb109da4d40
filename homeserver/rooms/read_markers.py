"""The place up to which a user has read all. Spec: Client-Server API, "Fully read markers"."""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.rooms import receipts
from homeserver.rooms.access import joined_head
from homeserver.rooms.reading import find_visible
from homeserver.rooms.receipts import READ, READ_PRIVATE
from homeserver.storage import account_data, events
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

FULLY_READ = "m.fully_read"


@frozen
class Markers:
    """Event ids; those that are None stay where they are."""

    fully_read: str | None = None
    read: str | None = None
    read_private: str | None = None


@frozen(eq=False)
class ReadMarkers:
    _db: Database
    _clock: Clock

    async def set(self, user_id: str, room_id: str, markers: Markers) -> None:
        """Move all of them, or none if one of them cannot be."""
        await self._db.write(move, user_id, room_id, markers, self._clock.now_ms())


def move(txn: Transaction, user_id: str, room_id: str, markers: Markers, now_ms: int) -> None:
    joined_head(txn, user_id, room_id)
    if markers.fully_read is not None:
        move_fully_read(txn, user_id, room_id, markers.fully_read)
    for type, event_id in ((READ, markers.read), (READ_PRIVATE, markers.read_private)):
        if event_id is not None:
            receipts.move(txn, user_id, room_id, type, event_id, None, now_ms)


def move_fully_read(txn: Transaction, user_id: str, room_id: str, event_id: str) -> None:
    """Forward only, as devices may tell of it late."""
    stored = find_visible(txn, joined_head(txn, user_id, room_id), user_id, event_id).stored
    content = account_data.find(txn, user_id, room_id, FULLY_READ) or {}
    former = events.find(txn, content.get("event_id", ""))
    if former is None or (former.place or 0) < (stored.place or 0):
        account_data.save(txn, user_id, room_id, FULLY_READ, {"event_id": event_id})
