"""The life of a server process: start, say so, serve, stop on a signal."""

import gc
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import LoopingCall

from homeserver.cli import exit_codes, systemd
from homeserver.cli.command import complain
from homeserver.config.document import SettingsError
from homeserver.config.settings import Settings
from homeserver.logs import logger, set_level

STOP_SECONDS = 25
"""How long a clean stop may take; systemd and Docker lose patience soon after."""

log = logger(__name__)


class Server(Protocol):
    async def start(self) -> None:
        """Returns once requests are answered."""

    async def stop(self) -> None: ...


Build = Callable[[Settings, Any], Server]


class Service:
    """`announce` is called once the server serves; `reload` reads the settings again."""

    def __init__(
        self,
        server: Server,
        reactor: Any,
        *,
        announce: Callable[[], None],
        reload: Callable[[], Settings],
    ) -> None:
        self._server = server
        self._reactor = reactor
        self._announce = announce
        self._reload = reload
        self._starting: Deferred[None] | None = None
        self._stopping = False
        self._exit_code = exit_codes.OK

    def run(self) -> int:
        """Serve until a signal; returns the exit status."""
        self._reactor.callWhenRunning(self._begin)
        self._settle_in()
        self._reactor.run()
        return self._exit_code

    @staticmethod
    def _settle_in() -> None:
        """Make the interpreter fit for a server: what stands at the start stays for good."""
        gc.collect()
        gc.freeze()
        # By default the collector walks the caches for every few hundred events that are read.
        gc.set_threshold(20_000, 20, 50)
        # How long a thread with rows may keep the reactor's thread waiting, in seconds.
        sys.setswitchinterval(0.001)

    def _begin(self) -> None:
        # Twisted has set its own handlers by now; ours know of a clean stop.
        signal.signal(signal.SIGTERM, self._on_stop_signal)
        signal.signal(signal.SIGINT, self._on_stop_signal)
        signal.signal(signal.SIGHUP, self._on_reload_signal)
        self._starting = Deferred.fromCoroutine(self._start())

    async def _start(self) -> None:
        try:
            await self._server.start()
        except CancelledError:
            return
        except Exception as error:
            self._exit_code = exit_codes.FAILED
            if isinstance(error, SettingsError | OSError):
                complain(f"The server cannot start: {error}")
            else:
                log.exception("The server cannot start")
            await self._stop()
            return
        self._announce()
        systemd.notify("READY=1")
        if (seconds := systemd.watchdog_seconds()) is not None:
            LoopingCall(systemd.notify, "WATCHDOG=1").start(seconds)

    async def _stop(self) -> None:
        systemd.notify("STOPPING=1")
        stopped = Deferred.fromCoroutine(self._server.stop())
        try:
            await stopped.addTimeout(STOP_SECONDS, self._reactor)
        except Exception:
            log.exception("The server did not stop cleanly")
            self._exit_code = exit_codes.FAILED
        self._reactor.stop()

    # Signal handlers run between two instructions of anything: they only leave word.

    def _on_stop_signal(self, number: int, _: FrameType | None) -> None:
        if self._stopping:
            os._exit(128 + number)
        self._stopping = True
        self._reactor.callFromThread(self._stop_soon)

    def _on_reload_signal(self, number: int, _: FrameType | None) -> None:
        self._reactor.callFromThread(self._read_log_level)

    def _stop_soon(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
        Deferred.fromCoroutine(self._stop())

    def _read_log_level(self) -> None:
        try:
            level = self._reload().log_level
        except SettingsError as error:
            log.error("The settings stay as they were: %s", error)
            return
        set_level(level)
        log.info("The log level is now %s", level)
