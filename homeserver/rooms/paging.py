"""Walks along a room's timeline, past what a user may not see or does not want."""

from collections.abc import Sequence

from attrs import frozen

from homeserver.events.filters import RoomEventFilter
from homeserver.rooms.history import Seen
from homeserver.rooms.reading import Reading
from homeserver.storage import account_data, events, relations
from homeserver.storage.events import Stored

MAX_LOOKS = 8
"""Portions that are read in search of events; then the client asks again from there."""
WIDE = 200
"""The least that a later portion takes."""
BEGINNING, END = -(2**62), 2**62


@frozen
class Walk:
    """From the place `start` backwards or forwards, as far as `stop`."""

    start: int
    backwards: bool
    limit: int
    wanted: RoomEventFilter
    stop: int | None = None

    def portion(self, reading: Reading, at: int, count: int) -> list[Stored]:
        txn, room = reading.txn, reading.head.room
        if self.backwards:
            return events.before(txn, room, min(at, reading.upto), count, self.stop)
        upto = reading.upto if self.stop is None else min(self.stop, reading.upto)
        return events.after(txn, room, at, count, upto)

    def beyond(self, stored: Stored) -> int:
        """The place between this event and the next of the walk."""
        place = stored.place or 0
        return place - 1 if self.backwards else place


@frozen
class Page:
    """What a walk found; it goes on from `reached` if there is `more`."""

    events: list[Seen]
    reached: int
    more: bool


def walk(reading: Reading, way: Walk) -> Page:
    found: list[Seen] = []
    at, count, more = way.start, way.limit, True
    if not way.limit or not way.wanted.allows_room(reading.head.room_id):
        return Page([], at, False)
    for _ in range(MAX_LOOKS):
        portion = way.portion(reading, at, count + 1)
        more = len(portion) > count
        portion = portion[:count]
        if portion:
            at = way.beyond(portion[-1])
            found += wanted_of(reading, way.wanted, portion)
        if not more or len(found) >= way.limit:
            break
        count = max(way.limit, WIDE)
    if len(found) > way.limit:
        found = found[: way.limit]
        return Page(found, way.beyond(found[-1].stored), True)
    return Page(found, at, more)


def wanted_of(reading: Reading, wanted: RoomEventFilter, portion: Sequence[Stored]) -> list[Seen]:
    """Those that the user may see, wants to see, and of people whom the user does not ignore."""
    txn, user_id = reading.txn, reading.look.user_id
    ignored = account_data.ignored_by(txn, user_id)
    if ignored or not wanted.is_everything:
        portion = [
            stored
            for stored in portion
            if (stored.event.is_state or stored.event.sender not in ignored)
            and wanted.matches(stored.event.type, stored.event.sender, stored.event.content)
        ]
    if wanted.asks_for_relations:
        portion = related_to(reading, wanted, portion)
    return reading.visible(portion)


def related_to(
    reading: Reading, wanted: RoomEventFilter, portion: Sequence[Stored]
) -> list[Stored]:
    """Those to which events of the wanted kinds, by the wanted senders, relate."""
    related = relations.targets(
        reading.txn,
        reading.head.room,
        [stored.event.event_id for stored in portion],
        wanted.related_by_rel_types,
        wanted.related_by_senders,
    )
    return [stored for stored in portion if stored.event.event_id in related]
