"""Keeps the store in order: what nobody needs any more goes."""

from collections.abc import Awaitable, Callable
from functools import partial

from attrs import frozen
from twisted.internet.defer import Deferred

from homeserver.clock import Clock
from homeserver.logs import logger
from homeserver.media.keeping import Keeping
from homeserver.media.store import FileStore
from homeserver.media.threads import Aside
from homeserver.storage import media
from homeserver.storage.database import Database

EVERY_SECONDS = 3600.0
SWEEP_EVERY = 24
"""How many rounds of the rest there are to one sweep of all files."""

GRACE_SECONDS = 3600.0
LEFTOVER_SECONDS = 86_400.0
BATCH = 500

log = logger(__name__)


@frozen
class Swept:
    files: int
    bytes: int


@frozen
class Orphans:
    """Files without rows: a crash between the two leaves them."""

    _db: Database
    _store: FileStore
    _aside: Aside
    _keeping: Keeping
    _clock: Clock

    async def find(self, first: int) -> list[bytes]:
        """Those whose hash begins with this byte; younger ones may be about to get their row."""
        changed = await self._aside(partial(self._store.hashes, first))
        before = self._clock.now_ms() / 1000 - GRACE_SECONDS
        old = [hash for hash, when in changed.items() if when < before]
        orphans: list[bytes] = []
        for start in range(0, len(old), BATCH):
            batch = old[start : start + BATCH]
            used = await self._db.read(media.used_among, batch)
            orphans += [hash for hash in batch if hash not in used]
        return orphans

    async def sweep(self) -> Swept:
        """Delete all of them, and uploads that broke off."""
        files = freed = 0
        for first in range(256):
            for hash in await self.find(first):
                freed += await self._keeping.remove_unused(hash)
                files += 1
        await self._aside(self._remove_leftovers)
        return Swept(files, freed)

    def _remove_leftovers(self) -> None:
        for path in self._store.leftovers(self._clock.now_ms() / 1000 - LEFTOVER_SECONDS):
            path.unlink(missing_ok=True)


class Upkeep:
    """`tasks` are what is to be done each hour besides the sweep."""

    def __init__(
        self, clock: Clock, orphans: Orphans, tasks: tuple[Callable[[], Awaitable[object]], ...]
    ) -> None:
        self._clock = clock
        self._orphans = orphans
        self._tasks = tasks
        self._round = 0

    def add(self, task: Callable[[], Awaitable[object]]) -> None:
        """Of somebody else who keeps files here."""
        self._tasks += (task,)

    def start(self) -> None:
        self._clock.call_later(EVERY_SECONDS, self._tick)

    def _tick(self) -> None:
        self.start()
        Deferred.fromCoroutine(self.run())

    async def run(self) -> None:
        self._round += 1
        tasks = list(self._tasks)
        if self._round % SWEEP_EVERY == 0:
            tasks.append(self._orphans.sweep)
        for task in tasks:
            try:
                await task()
            except Exception:
                log.exception("a task of the media store failed")
