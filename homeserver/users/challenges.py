"""What authenticators sign: made for one browser and one purpose, good for minutes, and once."""

import hmac
from hashlib import sha256
from secrets import token_bytes

from homeserver.clock import Clock
from homeserver.randomness import Random
from homeserver.users.secrets import Secrets

LIFETIME_MS = 5 * 60_000
RANDOM_BYTES, TIME_BYTES = 16, 8
MAX_USED = 100_000


class Challenges:
    """Nothing is kept of those that were given out: they prove by themselves whose they are. Those
    that were used are remembered until they are too old.
    """

    def __init__(self, clock: Clock, random: Random, secrets: Secrets) -> None:
        self._clock = clock
        self._random = random
        self._secrets = secrets
        self._used: dict[bytes, int] = {}

    async def make(self, purpose: str) -> bytes:
        """`purpose` names the browser, too."""
        now = self._clock.now_ms().to_bytes(TIME_BYTES, "big")
        begin = self._random(RANDOM_BYTES) + now
        return begin + self._proof(await self._key(), purpose, begin)

    async def checker(self, purpose: str) -> "Checker":
        return Checker(self, await self._key(), purpose)

    def is_good(self, key: bytes, purpose: str, challenge: bytes) -> bool:
        begin, proof = (
            challenge[: RANDOM_BYTES + TIME_BYTES],
            challenge[RANDOM_BYTES + TIME_BYTES :],
        )
        made_ms = int.from_bytes(begin[RANDOM_BYTES:], "big")
        is_ours = hmac.compare_digest(proof, self._proof(key, purpose, begin))
        is_new = self._clock.now_ms() < made_ms + LIFETIME_MS
        return is_ours and is_new and challenge not in self._used

    def use(self, challenge: bytes) -> None:
        """It was signed by whom it was for: it is good for nothing more."""
        now_ms = self._clock.now_ms()
        old = [it for it, until in self._used.items() if until <= now_ms]
        for it in old or list(self._used)[: max(0, len(self._used) - MAX_USED)]:
            del self._used[it]
        self._used[challenge] = now_ms + LIFETIME_MS

    async def _key(self) -> bytes:
        return await self._secrets.get("challenges", lambda: token_bytes(32))

    def _proof(self, key: bytes, purpose: str, begin: bytes) -> bytes:
        return hmac.new(key, purpose.encode() + b"\0" + begin, sha256).digest()


class Checker:
    """For one purpose."""

    def __init__(self, challenges: Challenges, key: bytes, purpose: str) -> None:
        self._challenges = challenges
        self._key = key
        self._purpose = purpose

    def __call__(self, challenge: bytes) -> bool:
        return self._challenges.is_good(self._key, self._purpose, challenge)
