"""Files that go by themselves: of erased accounts, and those that nobody asks for any more."""

from collections.abc import Callable

from attrs import frozen
from prometheus_client import CollectorRegistry, Counter
from twisted.internet.defer import Deferred

from homeserver.changes import AccountErased
from homeserver.clock import Clock
from homeserver.config.media import MediaRetention
from homeserver.logs import logger
from homeserver.media.keeping import Keeping
from homeserver.storage import media, media_upkeep
from homeserver.storage.database import Database
from homeserver.storage.media_upkeep import Address
from homeserver.storage.transaction import Transaction

BATCH = 100

Find = Callable[[Transaction], list[Address]]

log = logger(__name__)


@frozen(eq=False)
class Meter:
    files: Counter
    bytes: Counter

    @classmethod
    def of(cls, registry: CollectorRegistry) -> "Meter":
        names = ("reason",)
        return cls(
            Counter(
                "isthmus_media_deleted",
                "Files that went by themselves, by reason: erased, unused or remote.",
                names,
                registry=registry,
            ),
            Counter(
                "isthmus_media_deleted_bytes",
                "Bytes on the disk that this freed.",
                names,
                registry=registry,
            ),
        )


@frozen(eq=False)
class LettingGo:
    """A portion at a time; a crash between two portions loses nothing, the next round goes on."""

    _db: Database
    _keeping: Keeping
    _clock: Clock
    _settings: MediaRetention
    _meter: Meter

    def account_erased(self, _: AccountErased) -> None:
        done = Deferred.fromCoroutine(self.of_erased())
        done.addErrback(lambda failure: log.error("files stay for now: %s", failure.value))

    async def of_erased(self) -> int:
        """The bytes that this freed."""
        return await self._delete("erased", lambda txn: media_upkeep.of_erased(txn, BATCH))

    async def unused(self) -> int:
        freed, now_ms = 0, self._clock.now_ms()
        if (longest := self._settings.local_unused_for) is not None:
            before = now_ms - longest
            freed += await self._delete(
                "unused", lambda txn: media_upkeep.unused_of_ours(txn, before, BATCH)
            )
        if (longest := self._settings.remote_unused_for) is not None:
            oldest = now_ms - longest
            freed += await self._delete(
                "remote", lambda txn: media_upkeep.unused_of_others(txn, oldest, BATCH)
            )
        return freed

    async def _delete(self, reason: str, find: Find) -> int:
        freed = 0
        while found := await self._db.read(find):
            for address in found:
                it = await self._db.read(media.find, *address)
                if it is not None:
                    size = await self._keeping.delete(it)
                    self._meter.files.labels(reason).inc()
                    self._meter.bytes.labels(reason).inc(size)
                    freed += size
            if len(found) < BATCH:
                break
        return freed
