"""One worker for each portal and direction: each in order, none waiting for another."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from attrs import define, field

Key = TypeVar("Key")

log = logging.getLogger(__name__)

AFTER_A_BUG_S = 60.0


@define(eq=False)
class Queues(Generic[Key]):
    """`carry` takes the next thing of a key from the database; False when there is none."""

    _carry: Callable[[Key], Awaitable[bool]]
    _workers: dict[Key, asyncio.Task[None]] = field(factory=dict)
    _news: set[Key] = field(factory=set)

    def look(self, key: Key) -> None:
        """There is something new for the key."""
        self._news.add(key)
        if key not in self._workers:
            self._workers[key] = asyncio.create_task(self._work(key))

    async def _work(self, key: Key) -> None:
        try:
            while key in self._news:
                self._news.discard(key)
                while await self._carry_or_rest(key):
                    pass
        finally:
            del self._workers[key]

    async def _carry_or_rest(self, key: Key) -> bool:
        """What cannot be carried because of a mistake of ours stays, and is tried again."""
        try:
            return await self._carry(key)
        except Exception:
            log.exception("A queue rests for a minute")
            await asyncio.sleep(AFTER_A_BUG_S)
            return True

    async def stop(self) -> None:
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
