"""Clients that wait for news in `/sync`, as real ones do."""

import asyncio
from asyncio import Future, Task
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import orjson
from attrs import define, field

from scripts.benchmarks.crews import sessions
from scripts.benchmarks.people import Person, Session

TIMEOUT_MS = 30_000


@define
class Ear:
    """One client: always in a sync, from the last token to the next."""

    _session: Session
    _expected: bytes = b""
    _heard: "Future[float] | None" = None
    _task: "Task[None] | None" = field(default=None, init=False)

    async def begin(self) -> None:
        first = await self._session.sync("", 0)
        self._task = asyncio.create_task(self._listen(_next_batch(first.body)))

    def expect(self, text: str) -> "Future[float]":
        """Becomes the moment (of `perf_counter`) at which a sync with this text was received."""
        self._expected = text.encode()
        self._heard = asyncio.get_running_loop().create_future()
        return self._heard

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _listen(self, since: str) -> None:
        while True:
            answer = await self._session.sync(since, TIMEOUT_MS)
            if self._heard is not None and self._expected in answer.body:
                self._heard.set_result(answer.received_at)
                self._heard = None
            since = _next_batch(answer.body)


@asynccontextmanager
async def ears(port: int, people: Sequence[Person]) -> AsyncIterator[list[Ear]]:
    """Clients that wait until the block ends."""
    async with sessions(port, people) as present:
        listeners = [Ear(session) for session in present]
        try:
            for listener in listeners:
                await listener.begin()
            yield listeners
        finally:
            for listener in listeners:
                listener.end()


def _next_batch(body: bytes) -> str:
    return str(orjson.loads(body)["next_batch"])
