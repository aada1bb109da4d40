"""One bridge as a process: started, started again when it dies, and stopped."""

import os
import signal
from collections.abc import Callable
from typing import Any, Protocol

from attrs import define, field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from homeserver.clock import Clock
from homeserver.logs import logger
from homeserver.supervision.outlets import Lines, Outlet

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
STABLE_S = 60.0
"""Which has run for so long is started again soon."""
STOP_S = 10.0
"""How long an orderly end may take."""
READY = "is ready"
PASSED_ON = frozenset(
    ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "SSL_CERT_FILE", "SSL_CERT_DIR")
)
"""Of our environment. The rest may hold secrets, or the ways of systemd to us."""

log = logger(__name__)


class Spawn(Protocol):
    """`reactor.spawnProcess`."""

    def __call__(
        self,
        protocol: Any,
        executable: str,
        args: list[str],
        env: dict[str, str],
        path: str,
    ) -> Any: ...


@frozen
class Means:
    """What every child is run with."""

    spawn: Spawn
    clock: Clock
    started: Callable[[str], None]
    """Is told each start, by name."""


@frozen
class Order:
    """What to run, and where."""

    name: str
    arguments: tuple[str, ...]
    path: str


@define(eq=False)
class Child:
    """`state` is "starting", "running", "waiting" (to be started again) or "stopped"."""

    order: Order
    _means: Means
    _outlet: Outlet
    state: str = field(default="stopped", init=False)
    since_ms: int = field(default=0, init=False)
    starts: int = field(default=0, init=False)
    last_end: str = field(default="", init=False)
    last_words: str = field(default="", init=False)
    _process: Any = field(default=None, init=False)
    _wait_s: float = field(default=FIRST_WAIT_S, init=False)
    _timer: IDelayedCall | None = field(default=None, init=False)
    _stopped: "Deferred[None] | None" = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        return None if self._process is None else int(self._process.pid)

    def start(self) -> None:
        self._timer = None
        self._become("starting")
        self.starts += 1
        self._means.started(self.order.name)
        env = {name: value for name, value in os.environ.items() if name in PASSED_ON}
        executable = self.order.arguments[0]
        self._process = self._means.spawn(
            Pipes(self, Lines(self._outlet)),
            executable,
            list(self.order.arguments),
            env,
            self.order.path,
        )
        log.info("A bridge was started", extra={"bridge": self.order.name, "pid": self.pid})

    async def stop(self) -> None:
        """Returns when it has ended. It ends by itself when we are gone, with its input."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wait_s = FIRST_WAIT_S
        if self._process is None:
            self._become("stopped")
            return
        if self._stopped is None:
            self._stopped = Deferred()
        stopped = self._stopped
        self._signal(signal.SIGTERM)
        killing = self._means.clock.call_later(STOP_S, self.kill)
        await stopped
        if killing.active():
            killing.cancel()

    def kill(self) -> None:
        """It does not answer any more."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.pid:
            self._process.signalProcess(number)

    def _become(self, state: str) -> None:
        self.state, self.since_ms = state, self._means.clock.now_ms()

    # -- what its process tells

    def said(self, line: str) -> None:
        self.last_words = line
        if self.state == "starting" and READY in line:
            self._become("running")

    def ended(self, how: str) -> None:
        self._process = None
        self.last_end = how
        lived_s = (self._means.clock.now_ms() - self.since_ms) / 1000
        if self._stopped is not None:
            stopped, self._stopped = self._stopped, None
            self._become("stopped")
            stopped.callback(None)
            return
        if self.state == "running" and lived_s >= STABLE_S:
            self._wait_s = FIRST_WAIT_S
        log.warning("A bridge ended", extra={"bridge": self.order.name, "how": how})
        self._become("waiting")
        self._timer = self._means.clock.call_later(self._wait_s, self.start)
        self._wait_s = min(self._wait_s * 2, LONGEST_WAIT_S)


class Pipes(ProcessProtocol):
    """What it says on either output is its log."""

    def __init__(self, child: Child, lines: Lines) -> None:
        self._child = child
        self._lines = lines

    def outReceived(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            self._child.said(line)

    errReceived = outReceived

    def processEnded(self, reason: Failure) -> None:
        for line in self._lines.end():
            self._child.said(line)
        end: Any = reason.value
        by_signal = getattr(end, "signal", None)
        status = getattr(end, "exitCode", None)
        self._child.ended(
            f"killed by {signal.Signals(by_signal).name}" if by_signal else f"exit status {status}"
        )
