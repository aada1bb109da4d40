"""Threads for what waits for disks and other processes."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import succeed
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

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
        self._pool = ThreadPool(0, threads, name)
        self._pool.start()
        reactor.addSystemEventTrigger("during", "shutdown", self._pool.stop)

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        return deferToThreadPool(self._reactor, self._pool, work)
