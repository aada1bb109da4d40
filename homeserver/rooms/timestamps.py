"""Which event stands closest to a time. Spec: `GET /rooms/{roomId}/timestamp_to_event`."""

from attrs import frozen

from homeserver.errors import NotFound
from homeserver.json_values import JsonObject
from homeserver.rooms.history import visible
from homeserver.rooms.reading import open_room
from homeserver.rooms.shown import Look
from homeserver.storage import event_times, events
from homeserver.storage.database import Database
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction

PORTION = 50
MAX_LOOKS = 20
"""Portions that are looked through for an event that the user may see."""


@frozen(eq=False)
class Timestamps:
    _db: Database

    async def closest(self, user_id: str, room_id: str, ts: int, backwards: bool) -> JsonObject:
        """The id and time of the closest event at or before the time, or at or after it."""
        return await self._db.read(closest, user_id, room_id, ts, backwards)


def closest(txn: Transaction, user_id: str, room_id: str, ts: int, backwards: bool) -> JsonObject:
    reading = open_room(txn, Look(user_id, "", 0), room_id)
    search = event_times.earlier if backwards else event_times.later
    at = (ts, 2**62 if backwards else -1)
    for _ in range(MAX_LOOKS):
        found = search(txn, reading.head.room, at, PORTION)
        stored = events.at_all(txn, (position for _, position in found))
        portion = [stored[position] for _, position in found]
        known = [one for one in portion if (one.place or 0) <= reading.upto]
        if seen := visible(txn, reading.head, user_id, known):
            return _answer(seen[0].stored)
        if len(found) < PORTION:
            break
        at = found[-1]
    raise NotFound(f"No event of this room stands {'before' if backwards else 'after'} this time.")


def _answer(stored: Stored) -> JsonObject:
    event = stored.event
    return {"event_id": event.event_id, "origin_server_ts": event.origin_server_ts}
