"""How long messages are kept, by the server's settings and the rooms' own. MSC1763.

What is older is deleted, a portion at a time. State stays, and so do a room's newest events, of
which only what the room needs is kept.
"""

from collections.abc import Mapping

from attrs import frozen
from prometheus_client import CollectorRegistry, Counter, Gauge
from twisted.internet.defer import Deferred

from homeserver.clock import Clock
from homeserver.config.storage import Retention as Settings
from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.rooms import timeline
from homeserver.storage import events, followers, purging
from homeserver.storage.database import Database
from homeserver.storage.heads import Head
from homeserver.storage.purging import Place
from homeserver.storage.search import Index
from homeserver.storage.transaction import Transaction

POLICIES = ("m.room.retention", "org.matrix.msc1763.retention")
ROOMS, MESSAGES = 100, 200
"""Looked at in one transaction, so that others get their turn."""
SHORTEST_MS = 3_600_000
"""No sooner are messages deleted, whatever a room asks for."""
EMPTIED = "redacted events emptied"
BEGINNING: Place = (-(2**62), 0)

log = logger(__name__)


FIRST_MS = 300_000
"""After the start: what became too old meanwhile need not wait for a whole interval."""
SOONEST_S = 60.0
REST = 50
"""A round that took long is followed by a rest so many times as long."""


@frozen
class Round:
    """About how many bytes it freed, and after how many ms the next message is too old, if one is
    known that will be.
    """

    freed: int
    next_ms: int | None


class Upkeep:
    """A round when the next message is too old, and after each interval. The next one waits for
    the end of the last.
    """

    def __init__(self, clock: Clock, interval_ms: int, retention: "Retention") -> None:
        self._clock = clock
        self._interval_ms = interval_ms
        self._retention = retention
        self._is_stopped = False

    def start(self) -> None:
        self._later(FIRST_MS)

    def stop(self) -> None:
        self._is_stopped = True

    def _tick(self) -> None:
        if not self._is_stopped:
            Deferred.fromCoroutine(self._run())

    async def _run(self) -> None:
        wait_ms, began_ms = self._interval_ms, self._clock.now_ms()
        try:
            done = await self._retention.run()
            if done.next_ms is not None:
                rest_ms = REST * (self._clock.now_ms() - began_ms)
                wait_ms = min(wait_ms, max(done.next_ms, rest_ms))
        except Exception as error:
            log.error("nothing old is deleted: %s", error)
        self._later(wait_ms)

    def _later(self, wait_ms: int) -> None:
        self._clock.call_later(max(SOONEST_S, wait_ms / 1000), self._tick)


@frozen(eq=False)
class Meter:
    messages: Counter
    bytes: Counter
    room_of_round: Gauge

    @classmethod
    def of(cls, registry: CollectorRegistry) -> "Meter":
        return cls(
            Counter(
                "isthmus_messages_deleted",
                "Messages that were deleted or emptied, by reason: old or redacted.",
                ("reason",),
                registry=registry,
            ),
            Counter(
                "isthmus_messages_deleted_bytes",
                "About how many bytes of the database that made free for what comes.",
                registry=registry,
            ),
            Gauge(
                "isthmus_retention_room",
                "How many rooms the present round over all rooms has looked at; 0 between rounds.",
                registry=registry,
            ),
        )


@frozen
class Lifetimes:
    """What holds in a room, by its own wish and within the server's bounds."""

    settings: Settings

    def of(self, policy: JsonObject | None) -> int | None:
        """How old messages may become, in ms; None for ever."""
        asked = None if policy is None else policy.get("max_lifetime")
        lifetime = asked if type(asked) is int and asked > 0 else None
        longest, shortest = self.settings.max_lifetime, self.settings.min_lifetime
        if longest is not None:
            lifetime = longest if lifetime is None else min(lifetime, longest)
        if lifetime is None:
            return None
        return max(lifetime, shortest or 0, SHORTEST_MS)

    def configuration(self) -> JsonObject:
        """As clients ask for it."""
        longest, shortest = self.settings.max_lifetime, self.settings.min_lifetime
        if not self.settings.enabled:
            return {"policies": {}, "limits": {}}
        default = {"max_lifetime": longest, "min_lifetime": shortest}
        bounds = {"min": max(shortest or 0, SHORTEST_MS), "max": longest}
        limits = {name: value for name, value in bounds.items() if value is not None}
        policy = {name: value for name, value in default.items() if value is not None}
        return {
            "policies": {"*": policy} if policy else {},
            "limits": {"max_lifetime": limits, "min_lifetime": limits},
        }


@frozen(eq=False)
class Retention:
    _db: Database
    _clock: Clock
    _lifetimes: Lifetimes
    _index: Index
    meter: Meter

    async def run(self) -> Round:
        """Over all rooms."""
        freed, next_ms = await self._empty_redacted(), None
        if self._lifetimes.settings.enabled:
            deleted, next_ms = await self._delete_old()
            freed += deleted
        self.meter.bytes.inc(freed)
        if freed:
            log.info("old and redacted messages took %d bytes that are free now", freed)
        return Round(freed, next_ms)

    async def _delete_old(self) -> tuple[int, int | None]:
        room, freed, looked_at = 0, 0, 0
        next_ms: int | None = None
        types = POLICIES if self._lifetimes.settings.max_lifetime is None else ()
        while found := await self._db.read(purging.rooms, room, ROOMS, types):
            for _, room_id in found:
                deleted, soonest_ms = await self._delete_in(room_id)
                freed += deleted
                next_ms = min(filter(None, (next_ms, soonest_ms)), default=None)
                looked_at += 1
                self.meter.room_of_round.set(looked_at)
            room = found[-1][0]
        self.meter.room_of_round.set(0)
        return freed, next_ms

    async def _delete_in(self, room_id: str) -> tuple[int, int | None]:
        lifetime = await self._db.read(self._lifetime, room_id)
        if lifetime is None:
            return 0, None
        place: Place | None = BEGINNING
        freed, before_ts = 0, self._clock.now_ms() - lifetime
        while place is not None:
            count, size, place = await self._db.write(self._delete, room_id, before_ts, place)
            self.meter.messages.labels("old").inc(count)
            freed += size
        oldest_ts = await self._db.read(purging.oldest_since, room_id, before_ts)
        age_ms = self._clock.now_ms() - (oldest_ts or self._clock.now_ms())
        # At least a moment, so that the next round finds it.
        return freed, max(1, lifetime - age_ms + 1)

    def _lifetime(self, txn: Transaction, room_id: str) -> int | None:
        head = timeline.head(txn, room_id)
        if head is None:
            return None
        set_by = next(filter(None, (head.event(txn, type) for type in POLICIES)), None)
        return self._lifetimes.of(set_by.event.content if set_by else None)

    def _delete(
        self, txn: Transaction, room_id: str, before_ts: int, after: Place
    ) -> tuple[int, int, Place | None]:
        """How many went, how many bytes, and where to go on."""
        head = timeline.head(txn, room_id)
        if head is None:
            return 0, 0, None
        portion = purging.old_messages(txn, head.room, before_ts, after, MESSAGES)
        found = events.at_all(txn, portion.positions)
        count, freed = delete_messages(txn, head, found, self._index)
        return count, freed, portion.reached

    async def _empty_redacted(self) -> int:
        """Forget what redacted events said, once it has been kept for as long as is set."""
        freed, before_ts = 0, self._clock.now_ms() - self._lifetimes.settings.keep_redacted
        reached: int | None = await self._db.read(followers.place, EMPTIED)
        place: Place = (reached or 0, 0)
        while True:
            done = await self._db.write(self._empty, place, before_ts)
            if done is None:
                return freed
            count, size, place = done
            self.meter.messages.labels("redacted").inc(count)
            freed += size

    def _empty(
        self, txn: Transaction, after: Place, before_ts: int
    ) -> tuple[int, int, Place] | None:
        found, reached = purging.redacted_events(txn, after, before_ts, MESSAGES)
        if reached is None:
            return None
        # Others may be redacted by the last one, so the next run begins with it again.
        followers.save(txn, EMPTIED, reached[0])
        return len(found), sum(purging.empty(txn, it, self._index) for it in found), reached


def delete_messages(
    txn: Transaction, head: Head, found: Mapping[int, events.Stored], index: Index
) -> tuple[int, int]:
    """How many of these went, and how many bytes. Those that their room needs are emptied."""
    needed = purging.of_use(txn, list(found)) | {
        stored.position for stored in found.values() if is_end(head, stored)
    }
    gone = [stored for stored in found.values() if stored.position not in needed]
    freed = purging.delete(txn, head.room, gone, index)
    for position in needed & found.keys():
        freed += purging.empty(txn, found[position], index)
    return len(gone), freed


def is_end(head: Head, stored: events.Stored) -> bool:
    """Whether it is one of the room's newest events, which the next ones follow."""
    return stored.event.event_id in head.extremities or stored.place == head.newest
