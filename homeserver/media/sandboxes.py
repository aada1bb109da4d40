"""Asks the sandbox, one task after the other, and lets it end when nobody needs it."""

from typing import Protocol

from homeserver.clock import Clock
from homeserver.errors import LimitExceeded
from homeserver.json_values import JsonObject
from homeserver.media.threads import Aside

MAX_WAITING = 50
IDLE_SECONDS = 300.0


class Process(Protocol):
    def ask(self, task: JsonObject) -> JsonObject: ...

    def close(self) -> None: ...


class Sandbox:
    """`aside` has one thread, so that tasks queue up. Raises SandboxFailed where the process does.

    The process takes memory; after some idle minutes it is gone until the next task.
    """

    def __init__(self, process: Process, aside: Aside, clock: Clock) -> None:
        self._process = process
        self._aside = aside
        self._clock = clock
        self._waiting = 0
        self._last_ms = 0
        self._watches = False

    async def ask(self, task: JsonObject) -> JsonObject:
        if self._waiting >= MAX_WAITING:
            raise LimitExceeded(2000)
        self._waiting += 1
        try:
            return await self._aside(lambda: self._process.ask(task))
        finally:
            self._waiting -= 1
            self._last_ms = self._clock.now_ms()
            self._watch()

    def close(self) -> None:
        self._process.close()

    def _watch(self) -> None:
        if not self._watches:
            self._watches = True
            self._clock.call_later(IDLE_SECONDS, self._check)

    def _check(self) -> None:
        self._watches = False
        if self._waiting:
            return
        if self._clock.now_ms() - self._last_ms < IDLE_SECONDS * 1000 - 1:
            self._watch()
        else:
            self._process.close()
