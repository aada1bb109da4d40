"""Threads for what waits for disks and other processes."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

T = TypeVar("T")


class Aside(Protocol):
    """Does work that may block, without holding up the rest."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


def at_once(work: Callable[[], T], /) -> Awaitable[T]:
    """For tests."""
    return succeed(work())


class MediaThreads:
    """Threads start when there is work for them, at most so many."""

    def __init__(self, reactor: Any, name: str, threads: int) -> None:
        self._reactor = reactor
        # Twisted's own pool takes several times as long to hand over one piece of work.
        self._pool = ThreadPoolExecutor(threads, name)
        reactor.addSystemEventTrigger("during", "shutdown", self._pool.shutdown)

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        done: Deferred[T] = Deferred()
        self._pool.submit(self._work, work, done)
        return done

    def _work(self, work: Callable[[], T], done: Deferred[T]) -> None:
        try:
            result: T | Failure = work()
        except BaseException:
            result = Failure()  # type: ignore[no-untyped-call]
        self._reactor.callFromThread(done.callback, result)
