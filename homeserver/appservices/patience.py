"""How long a service that does not answer is let be, and what its transactions are called."""

from attrs import define, field

from homeserver.clock import Clock
from homeserver.randomness import Random, fraction, token
from homeserver.storage.appservices import Silence

FIRST_WAIT_MS = 1_000
LONGEST_WAIT_MS = 300_000
SHORTEST_WAIT_MS = 3_000
"""Between two tries, however often the service itself asks for something meanwhile."""


@define(eq=False)
class Patience:
    """`silence` is None while all is well."""

    _clock: Clock
    _random: Random
    silence: Silence | None = None
    _tried_ms: int = field(default=0, init=False)

    def failed(self) -> Silence:
        """One more try came to nothing."""
        now_ms = self._tried_ms = self._clock.now_ms()
        before = self.silence
        wait_ms = FIRST_WAIT_MS if before is None else min(before.wait_ms * 2, LONGEST_WAIT_MS)
        spread = 0.8 + 0.4 * fraction(self._random)
        since_ts = now_ms if before is None else before.since_ts
        self.silence = Silence(since_ts, now_ms + round(wait_ms * spread), wait_ms)
        return self.silence

    def may_hurry(self) -> bool:
        return self._clock.now_ms() - self._tried_ms >= SHORTEST_WAIT_MS

    def new_id(self) -> str:
        """Never given before, also if this database is put back to an older state."""
        return f"{self._clock.now_ms()}-{token(self._random, 12)}"
