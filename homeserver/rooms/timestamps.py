"""Which event stands closest to a time. Spec: `GET /rooms/{roomId}/timestamp_to_event`."""

from typing import Protocol

from attrs import frozen

from homeserver.errors import NotFound
from homeserver.json_values import JsonObject
from homeserver.rooms.reading import Reading, open_room
from homeserver.rooms.shown import Look
from homeserver.storage import event_times, events
from homeserver.storage.database import Database
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction

PORTION = 50
MAX_LOOKS = 20
"""Portions that are looked through for an event that the user may see."""


@frozen
class Moment:
    """The closest event at or before a time, or at or after it."""

    ts: int
    backwards: bool


class CloserEvents(Protocol):
    async def bring(self, user_id: str, room_id: str, wanted: Moment, known: Stored | None) -> bool:
        """Whether others had an event closer than the one that is known, and it is here now."""


@frozen(eq=False)
class Timestamps:
    """`_elsewhere` is None while the server has no federation."""

    _db: Database
    _elsewhere: CloserEvents | None = None

    async def closest(self, user_id: str, room_id: str, wanted: Moment) -> JsonObject:
        """Its id and time; raises NotFound."""
        found = await self._db.read(closest, user_id, room_id, wanted)
        if self._elsewhere is not None and await self._elsewhere.bring(
            user_id, room_id, wanted, found
        ):
            found = await self._db.read(closest, user_id, room_id, wanted)
        return shown_closest(found, wanted)


def shown_closest(found: Stored | None, wanted: Moment) -> JsonObject:
    if found is None:
        where = "before" if wanted.backwards else "after"
        raise NotFound(f"No event of this room stands {where} this time.")
    event = found.event
    return {"event_id": event.event_id, "origin_server_ts": event.origin_server_ts}


def closest(txn: Transaction, user_id: str, room_id: str, wanted: Moment) -> Stored | None:
    """None if there is nothing that the user may see."""
    return closest_in(open_room(txn, Look(user_id, "", 0), room_id), wanted)


def closest_in(reading: Reading, wanted: Moment) -> Stored | None:
    txn = reading.txn
    search = event_times.earlier if wanted.backwards else event_times.later
    at = (wanted.ts, 2**62 if wanted.backwards else -1)
    for _ in range(MAX_LOOKS):
        found = search(txn, reading.head.room, at, PORTION)
        stored = events.at_all(txn, (position for _, position in found))
        portion = [stored[position] for _, position in found]
        known = [one for one in portion if (one.place or 0) <= reading.upto]
        if seen := reading.visible(known):
            return seen[0].stored
        if len(found) < PORTION:
            break
        at = found[-1]
    return None
