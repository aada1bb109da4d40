"""The time, as an object that tests replace."""

import time
from collections.abc import Callable
from typing import Protocol

from attrs import frozen
from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Clock(Protocol):
    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""

    def call_later(self, seconds: float, function: Callable[[], object]) -> IDelayedCall: ...


@frozen
class SystemClock:
    """The machine's clock and the reactor's timers."""

    _reactor: IReactorTime

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def call_later(self, seconds: float, function: Callable[[], object]) -> IDelayedCall:
        return self._reactor.callLater(seconds, function)
