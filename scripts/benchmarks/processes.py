"""Processes that we start: in a group of their own, perhaps pinned to a core, never left behind."""

import atexit
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from attrs import define

STOP_S = 60
_running: set[int] = set()


@define
class Program:
    """A running program and all that it starts."""

    _process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def freeze(self) -> None:
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)

    def stop(self, polite: signal.Signals = signal.SIGTERM) -> None:
        """End it as its operator would; what does not end in time is killed."""
        if not self.ended:
            self.thaw()
            self._process.send_signal(polite)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S)
        _kill_group(self.pid)
        self._process.wait()


def start(
    command: Sequence[str | Path],
    *,
    core: int | None = None,
    directory: Path,
    log: Path,
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
    inherited: Mapping[str, str] = os.environ,
) -> Program:
    """Run a command, on one core if it is named; what it prints goes to the file `log`."""
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*pinned, *map(str, command)],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            env={**inherited, **(environment or {})},
        )
    _running.add(process.pid)
    return Program(process)


def exit_on_signals() -> None:
    """Make SIGTERM and SIGHUP end this process in an orderly way, so that all others end too."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: _exit(received))


def _exit(received: int) -> None:
    raise SystemExit(128 + received)


def _kill_group(group: int) -> None:
    _running.discard(group)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


@atexit.register
def _kill_all() -> None:
    for group in tuple(_running):
        _kill_group(group)
