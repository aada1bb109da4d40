"""Who did not take what it was told is asked again later, and later still, restarts or not."""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.logs import logger
from homeserver.randomness import Random, fraction
from homeserver.storage import push_pauses
from homeserver.storage.database import Database
from homeserver.storage.push_pauses import Pause

FIRST_WAIT_MS = 5_000
LONGEST_WAIT_MS = 900_000
FORGOTTEN_AFTER_MS = 24 * 3_600_000
LONGEST_WISH_MS = 3_600_000
"""So long at most somebody may ask us to wait."""

log = logger(__name__)


@frozen(eq=False)
class Pauses:
    """By name: a gateway, or a single pusher."""

    _db: Database
    _clock: Clock
    _random: Random
    _known: dict[str, Pause]

    async def start(self) -> None:
        await self.forget()
        self._known.update(await self._db.read(push_pauses.all))

    async def forget(self) -> None:
        """Those that nobody has asked again for long: their pushers are gone, or have nothing."""
        before_ts = self._clock.now_ms() - FORGOTTEN_AFTER_MS
        old = [name for name, pause in self._known.items() if pause.retry_ts < before_ts]
        for name in old:
            del self._known[name]
        await self._db.write(push_pauses.forget, before_ts)

    def wait_ms(self, name: str) -> int:
        """How long it is not to be asked; 0 if it may be."""
        pause = self._known.get(name)
        return max(0, pause.retry_ts - self._clock.now_ms()) if pause else 0

    def is_known(self, name: str) -> bool:
        """Whether it failed when it was last asked."""
        return name in self._known

    def __len__(self) -> int:
        return len(self._known)

    async def failed(self, name: str, wish_ms: int = 0) -> None:
        """It did not take it, and perhaps asked for a rest."""
        now_ms = self._clock.now_ms()
        before = self._known.get(name)
        if before is not None and before.retry_ts > now_ms:
            return  # Others found out at the same time.
        wait_ms = min(before.wait_ms * 2, LONGEST_WAIT_MS) if before else FIRST_WAIT_MS
        if before is None:
            log.info("%s does not take notifications", name)
        rest_ms = max(wait_ms, min(wish_ms, LONGEST_WISH_MS))
        rest_ms += int(rest_ms * fraction(self._random) / 5)
        pause = Pause(before.since_ts if before else now_ms, now_ms + rest_ms, wait_ms)
        self._known[name] = pause
        await self._db.write(push_pauses.save, name, pause)

    async def succeeded(self, name: str) -> None:
        if self._known.pop(name, None) is not None:
            log.info("%s takes notifications again", name)
            await self._db.write(push_pauses.delete, name)
