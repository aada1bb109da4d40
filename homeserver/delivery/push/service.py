"""Starts and stops all that notifies."""

from attrs import define, field
from twisted.internet.defer import Deferred

from homeserver.clock import Clock
from homeserver.delivery.push.arrivals import Arrivals
from homeserver.delivery.push.gateways import Gateways
from homeserver.delivery.push.meter import PushMeter
from homeserver.delivery.push.pauses import Pauses
from homeserver.delivery.push.reading import ReadersNews
from homeserver.delivery.push.watchers import Watchers
from homeserver.logs import logger
from homeserver.storage import push_queue
from homeserver.storage.database import Database

MEASURED_EVERY_S = 30.0
TIDIED_EVERY_S = 3600.0

log = logger(__name__)


@define(eq=False)
class Push:
    _db: Database
    _clock: Clock
    _parts: "PushParts"
    _meter: PushMeter
    _is_running: bool = field(default=False, init=False)

    async def start(self) -> None:
        parts = self._parts
        self._is_running = True
        await parts.watchers.start()
        await parts.pauses.start()
        for pusher in await self._db.read(push_queue.pushers):
            if (watch := parts.watchers.find(pusher)) is not None:
                parts.gateways.wake(watch)
        await parts.arrivals.start()
        await parts.readers.start()
        self._measure()
        self._clock.call_later(TIDIED_EVERY_S, self._tidy)

    async def stop(self) -> None:
        """Before the database is closed."""
        self._is_running = False
        self._parts.readers.stop()
        await self._parts.arrivals.stop()
        self._parts.gateways.stop()

    def _tidy(self) -> None:
        if self._is_running:
            self._parts.gateways.forget_idle()
            Deferred.fromCoroutine(self._parts.pauses.forget()).addErrback(
                lambda failure: log.error("old pauses were not forgotten: %s", failure.value)
            )
            self._clock.call_later(TIDIED_EVERY_S, self._tidy)

    def _measure(self) -> None:
        if self._is_running:
            Deferred.fromCoroutine(self._note_oldest()).addErrback(
                lambda failure: log.error("the oldest was not looked up: %s", failure.value)
            )
            self._clock.call_later(MEASURED_EVERY_S, self._measure)

    async def _note_oldest(self) -> None:
        since_ts = None
        if self._parts.gateways.waiting() or len(self._parts.pauses):
            since_ts = await self._db.read(push_queue.oldest_ts)
        age_ms = 0 if since_ts is None else self._clock.now_ms() - since_ts
        self._meter.oldest.set(age_ms / 1000)


@define(eq=False)
class PushParts:
    watchers: Watchers
    pauses: Pauses
    arrivals: Arrivals
    gateways: Gateways
    readers: ReadersNews
