"""A homeserver started for tests as its users start it: a process with a settings file."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import IO

from attrs import frozen

START_S = 60
STOP_S = 30
SHARED_SECRET = "only-for-tests"
COMPLAINT = re.compile(r"^\S+ (error|critical) |Traceback \(most recent|Unhandled error")
SHOWN = 3


@frozen
class Homeserver:
    """Where the server under test listens, and the secret that registers accounts directly."""

    base_url: str
    shared_secret: str


@contextmanager
def started_homeserver(
    directory: Path, database: Mapping[str, str], **more: object
) -> Iterator[Homeserver]:
    """Run a server of our own, with more settings; once stopped, it must have ended well and logged
    no error.
    """
    port = free_port()
    settings = directory / "homeserver.yaml"
    settings.write_text(json.dumps({**homeserver_settings(directory, database, port), **more}))
    process = start(settings)
    log = Log(process.stdout)
    try:
        log.wait_until_ready()
        yield Homeserver(f"http://127.0.0.1:{port}", SHARED_SECRET)
    except BaseException:
        print("\n\n".join(log.complaints()[:SHOWN]))
        raise
    finally:
        process.send_signal(signal.SIGTERM)
        exit_code = wait_for_end(process)
        log.drained()
    assert exit_code == 0, f"SIGTERM ended the server with {exit_code}:\n{log.tail()}"
    assert not log.complaints(), "\n\n".join(log.complaints()[:SHOWN])


def homeserver_settings(
    directory: Path, database: Mapping[str, str], port: int
) -> dict[str, object]:
    """The settings file's content; JSON is YAML too."""
    return {
        "server_name": "localhost",
        "database": dict(database),
        "listeners": [{"port": port, "bind_addresses": ["127.0.0.1"], "resources": ["client"]}],
        "registration": {"enabled": True, "shared_secret": SHARED_SECRET},
        "rate_limits": {"enabled": False},
        "federation": {"enabled": False},
        # The push gateways of the tests are on this machine.
        "push": {"ip_range_allowlist": ["127.0.0.1/32"]},
        "signing_key_path": str(directory / "signing.key"),
        "media": {"store_path": str(directory / "media")},
    }


def start(settings: Path) -> subprocess.Popen[str]:
    isthmus = Path(sys.executable).with_name("isthmus")
    return subprocess.Popen(
        [isthmus, "run", "--config", settings],
        cwd=settings.parent,
        env={name: value for name, value in os.environ.items() if not is_setting(name)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def is_setting(name: str) -> bool:
    """Whether a server would take this environment variable for one of its settings."""
    return name.startswith("ISTHMUS_")


def wait_for_end(process: subprocess.Popen[str]) -> int:
    """The exit code; a server that does not stop in time is killed, which shows as -9."""
    try:
        return process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Log:
    """What the server prints, read by a thread so that its pipe never fills up."""

    def __init__(self, stream: IO[str] | None) -> None:
        assert stream is not None
        self._stream = stream
        self._lines: list[str] = []
        self._ready_or_ended = Event()
        self._ready = False
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._stream:
            self._lines.append(line.rstrip())
            if re.search(r"\bready\b", line):
                self._ready = True
                self._ready_or_ended.set()
        self._ready_or_ended.set()

    def wait_until_ready(self) -> None:
        self._ready_or_ended.wait(START_S)
        assert self._ready, f"the server did not get ready:\n{self.tail()}"

    def drained(self) -> None:
        self._reader.join(STOP_S)

    def tail(self) -> str:
        return "\n".join(self._lines[-40:])

    def complaints(self) -> list[str]:
        """Lines that no healthy run prints."""
        return [line.replace("\\n", "\n") for line in self._lines if COMPLAINT.search(line)]
