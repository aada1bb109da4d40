"""Much to do, and only some of it at once."""

from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred, DeferredSemaphore, gatherResults

T = TypeVar("T")


class Lane:
    """So much at once; the rest waits, up to a number, and what comes then is turned away."""

    def __init__(self, at_once: int, may_wait: int) -> None:
        self._semaphore = DeferredSemaphore(at_once)
        self._may_wait = may_wait

    @property
    def is_full(self) -> bool:
        return len(self._semaphore.waiting) >= self._may_wait

    @property
    def is_idle(self) -> bool:
        return self._semaphore.tokens == self._semaphore.limit

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            await self._semaphore.acquire()
        except CancelledError:
            work.close()
            raise
        try:
            return await work
        finally:
            self._semaphore.release()


async def all_of(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results of works that go on at the same time, in order."""
    return await gatherResults([Deferred.fromCoroutine(work) for work in works], consumeErrors=True)
