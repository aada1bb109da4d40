"""`isthmus run`: what it says, how it stops, what it tells systemd."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.homeserver.cli import fake_server

Run = Callable[..., "subprocess.Popen[str]"]

SETTINGS = """\
server_name: example.org
signing_key_path: signing.key
registration: {first_admin_token_path: token}
"""

PATIENCE_S = 60


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Start `isthmus run` with a fake server in some mood."""
    running: list[subprocess.Popen[str]] = []
    (tmp_path / "hs.yaml").write_text(SETTINGS)

    def start(mood: str = "", **variables: str) -> "subprocess.Popen[str]":
        (tmp_path / "mood").write_text(mood)
        arguments = [
            sys.executable,
            "-m",
            fake_server.__name__,
            "run",
            "-c",
            str(tmp_path / "hs.yaml"),
        ]
        process = subprocess.Popen(
            arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **variables},
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def read_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_it_says_when_it_is_ready_and_where(run: Run, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("sesame\n")
    process = run()

    said = "".join(read_line(process) for _ in range(5))

    assert " is ready: example.org at http://127.0.0.1:8008" in said.split("\n")[0]
    assert "Point a Matrix client at https://example.org" in said
    assert "sesame" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(run: Run, tmp_path: Path, number: signal.Signals) -> None:
    process = run()
    assert "ready" in read_line(process)

    process.send_signal(number)

    assert process.wait(PATIENCE_S) == 0
    assert (tmp_path / "stopped").exists()


def test_a_second_signal_stops_it_at_once(run: Run) -> None:
    process = run("never stops")
    assert "ready" in read_line(process)
    process.send_signal(signal.SIGTERM)
    while "stopping" not in read_line(process):
        pass

    process.send_signal(signal.SIGTERM)

    assert process.wait(PATIENCE_S) == 128 + signal.SIGTERM


def test_what_keeps_it_from_starting_is_told(run: Run) -> None:
    _, complaint = (process := run("fails")).communicate(timeout=PATIENCE_S)

    assert process.returncode == 1
    assert "The server cannot start: the port is taken" in complaint


def test_a_fault_of_ours_at_the_start_is_logged(run: Run) -> None:
    _, complaint = (process := run("breaks")).communicate(timeout=PATIENCE_S)

    assert process.returncode == 1
    assert "ZeroDivisionError" in complaint


def test_wrong_settings_stop_the_start(run: Run, tmp_path: Path) -> None:
    _, complaint = (process := run(ISTHMUS_PRESENCE__ENABLE="no")).communicate(timeout=PATIENCE_S)

    assert process.returncode == 78
    assert "Did you mean 'enabled'?" in complaint


def test_a_hangup_reads_the_log_level_again(run: Run, tmp_path: Path) -> None:
    process = run()
    assert "ready" in read_line(process)
    (tmp_path / "hs.yaml").write_text(SETTINGS + "log_level: debug\n")
    process.send_signal(signal.SIGHUP)
    assert process.stderr is not None

    assert "The log level is now debug" in process.stderr.readline()


def test_systemd_hears_when_it_is_ready_alive_and_stopping(run: Run, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        process = run(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="20000000")

        assert [systemd.recv(100) for _ in range(2)] == [b"READY=1", b"WATCHDOG=1"]
        process.terminate()
        assert systemd.recv(100) == b"STOPPING=1"


def test_a_signal_during_a_long_start_stops_it(run: Run, tmp_path: Path) -> None:
    process = run("never starts")
    # Our handlers are in place once the reactor runs; until then a signal kills, which is well too.
    process.terminate()

    assert process.wait(PATIENCE_S) in (0, -signal.SIGTERM)


def test_a_database_that_is_in_use_is_told(run: Run) -> None:
    _, complaint = (process := run("in use")).communicate(timeout=PATIENCE_S)

    assert process.returncode == 1
    assert "The server cannot start: Another process already serves" in complaint
    assert "Traceback" not in complaint
