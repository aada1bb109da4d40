"""Processes that only seem to run: each test says what they say, and how they end."""

import signal
from itertools import count
from typing import Any

from attrs import define, field
from twisted.internet.error import ProcessTerminated
from twisted.python.failure import Failure


@define(eq=False)
class FakeProcess:
    protocol: Any
    arguments: list[str]
    env: dict[str, str]
    pid: int
    signals: list[int] = field(factory=list)
    heeds: bool = True
    """Whether it ends when it is told to."""

    def says(self, text: str) -> None:
        self.protocol.outReceived(text.encode() + b"\n")

    def signalProcess(self, number: int) -> None:
        self.signals.append(number)
        if self.heeds or number == signal.SIGKILL:
            self.ends(signal=number)

    def ends(self, status: int | None = None, signal: int | None = None) -> None:
        self.protocol.processEnded(Failure(ProcessTerminated(status, signal)))  # type: ignore[no-untyped-call]


@define(eq=False)
class Machine:
    """Starts them."""

    started: list[FakeProcess] = field(factory=list)
    _pids: Any = field(factory=lambda: count(100))

    def spawn(
        self, protocol: Any, executable: str, args: list[str], env: dict[str, str], path: str
    ) -> FakeProcess:
        assert args[0] == executable
        self.started.append(FakeProcess(protocol, args, env, next(self._pids)))
        return self.started[-1]

    @property
    def newest(self) -> FakeProcess:
        return self.started[-1]
