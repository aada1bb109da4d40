"""Servers that do not answer are asked again later, and later still; who speaks to us is awake."""

from collections.abc import Callable, Collection

from attrs import evolve

from homeserver.clock import Clock
from homeserver.config.network import Federation
from homeserver.logs import logger
from homeserver.peers.errors import BackingOff
from homeserver.randomness import Random, fraction
from homeserver.storage import destinations
from homeserver.storage.database import Database
from homeserver.storage.destinations import Silence
from homeserver.storage.transaction import Transaction

GROWTH = 2
FORGOTTEN_AFTER_MS = 7 * 24 * 3_600_000
MAX_SILENT = 50_000

log = logger(__name__)


class Backoff:
    """Memory decides; the rows are for the next start."""

    def __init__(self, db: Database, clock: Clock, random: Random, settings: Federation) -> None:
        self._db = db
        self._now_ms = clock.now_ms
        self._random = random
        self.first_wait_ms = settings.retry_after
        self._longest_wait_ms = max(settings.retry_at_most, settings.retry_after)
        self._silent: dict[str, Silence] = {}
        self._listeners: list[Callable[[str], None]] = []

    async def start(self) -> None:
        """Remember who did not answer before the restart, and is still of interest."""
        await self._db.write(destinations.forget_abandoned, self._now_ms() - FORGOTTEN_AFTER_MS)
        self._silent = {**await self._db.read(destinations.silent), **self._silent}

    def listen(self, listener: Callable[[str], None]) -> None:
        """Be told of each server that answers, or speaks, after a silence."""
        self._listeners.append(listener)

    def check(self, server: str) -> None:
        """Raise BackingOff while the server is not to be asked."""
        silence = self._silent.get(server)
        if silence is not None and silence.retry_ts > self._now_ms():
            raise BackingOff(server, silence.retry_ts)

    def silence_of(self, server: str) -> Silence | None:
        return self._silent.get(server)

    def silent(self) -> Collection[str]:
        return self._silent.keys()

    def forgive(self, server: str) -> None:
        """An administrator wants the server to be asked at once."""
        if server in self._silent:
            self._forget(server)
            self._tell(server)

    def failed(self, server: str, began_ms: int) -> None:
        """The server did not answer a request that was begun then."""
        now_ms = self._now_ms()
        silence = self._silent.get(server)
        if silence is None:
            silence = self._next(now_ms, now_ms, self.first_wait_ms)
            log.info("%s does not answer", server)
        elif began_ms < silence.retry_ts:
            # One of several requests that were under way together: they fail as one.
            return
        else:
            wait_ms = min(silence.wait_ms * GROWTH, self._longest_wait_ms)
            silence = self._next(silence.since_ts, now_ms, wait_ms)
        self._silent[server] = silence
        self._save(destinations.note_silence, server, silence)
        if len(self._silent) > MAX_SILENT:
            self._forget(next(iter(self._silent)))

    def answered(self, server: str) -> None:
        if server not in self._silent:
            return
        log.info("%s answers again", server)
        self._forget(server)
        self._tell(server)

    def spoke(self, server: str) -> None:
        """The server asked something itself: it may be asked again, if not at once.

        The wait goes on growing, as there are servers that can speak but not be spoken to.
        """
        silence = self._silent.get(server)
        now_ms = self._now_ms()
        if silence is None:
            return
        if silence.retry_ts <= now_ms:
            # It could have been asked again, but perhaps nobody has tried.
            self._tell(server)
        elif now_ms >= silence.retry_ts - silence.wait_ms + self.first_wait_ms // 2:
            self._silent[server] = evolve(silence, retry_ts=now_ms)
            self._tell(server)

    def _forget(self, server: str) -> None:
        del self._silent[server]
        self._save(destinations.end_silence, server)

    def _tell(self, server: str) -> None:
        for listener in self._listeners:
            listener(server)

    def _next(self, since_ms: int, now_ms: int, wait_ms: int) -> Silence:
        """Spread a little, so that those who fell silent together are not all asked together."""
        spread = 0.8 + 0.4 * fraction(self._random)
        return Silence(since_ms, now_ms + round(wait_ms * spread), wait_ms)

    def _save(self, work: Callable[..., None], *arguments: object) -> None:
        def save(txn: Transaction) -> None:
            work(txn, *arguments)

        self._db.write(save).addErrback(
            lambda failure: log.warning("who does not answer was not stored: %s", failure)
        )
