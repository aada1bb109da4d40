"""Reads the number line on from a saved place: nothing is lost, and little repeated."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from attrs import frozen
from twisted.internet.defer import Deferred

from homeserver.clock import Clock
from homeserver.logs import logger
from homeserver.storage import followers
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

T = TypeVar("T")

RETRY_S = 30.0

log = logger(__name__)


@frozen
class Batch(Generic[T]):
    """What lies on a part of the number line, which ends at `upto`."""

    found: Sequence[T]
    upto: int


Read = Callable[[Transaction, int], Batch[T]]
"""The next batch behind a place; empty when there is no more."""


class Follower(Generic[T]):
    """Hands on what `read` finds, in order. Who wakes it need not wait.

    What was handed on before a crash, but not yet saved, is handed on again.
    """

    def __init__(
        self,
        name: str,
        db: Database,
        clock: Clock,
        read: Read[T],
        deliver: Callable[[Sequence[T]], Awaitable[None]],
    ) -> None:
        self.name = name
        self._db = db
        self._clock = clock
        self._read = read
        self._deliver = deliver
        self._place: int | None = None
        self._is_busy = False
        self._is_woken = False

    async def start(self) -> None:
        """Go on where the last process stopped. A follower that is new begins with the present."""
        saved = await self._db.read(followers.place, self.name)
        if saved is None:
            saved = self._db.position
            await self._db.write(followers.save, self.name, saved)
        self._place = saved
        self.wake()

    def wake(self) -> None:
        """There may be something to hand on."""
        self._is_woken = True
        if not self._is_busy and self._place is not None:
            self._is_busy = True
            Deferred.fromCoroutine(self._run())

    def stop(self) -> None:
        """Begin nothing more."""
        self._place = None

    async def _run(self) -> None:
        try:
            while self._is_woken:
                self._is_woken = False
                await self._catch_up()
        except Exception:
            log.exception("the follower %s failed and tries again", self.name)
            self._clock.call_later(RETRY_S, self.wake)
        finally:
            self._is_busy = False

    async def _catch_up(self) -> None:
        while self._place is not None:
            batch = await self._db.read(self._read, self._place)
            if not batch.found:
                self._move(batch.upto)
                return
            await self._deliver(batch.found)
            await self._db.write(followers.save, self.name, batch.upto)
            self._move(batch.upto)

    def _move(self, place: int) -> None:
        if self._place is not None:
            self._place = max(self._place, place)
