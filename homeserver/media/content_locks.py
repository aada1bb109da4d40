"""One at a time for each content: a file must not be deleted while somebody is about to use it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import define, field
from twisted.internet.defer import DeferredLock


@define
class ContentLocks:
    _locks: dict[bytes, DeferredLock] = field(factory=dict)

    @asynccontextmanager
    async def hold(self, hash: bytes) -> AsyncIterator[None]:
        lock = self._locks.setdefault(hash, DeferredLock())
        await lock.acquire()
        try:
            yield
        finally:
            lock.release()
            if not lock.locked and not lock.waiting:
                self._locks.pop(hash, None)
