"""A coturn of the tests' own, on loopback."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.clients.started_server import free_port

START_S = 20


@contextmanager
def running_coturn(folder: Path, shared_secret: str) -> Iterator[int]:
    """Its port. It relays only for users with a password made with the secret."""
    program = shutil.which("turnserver")
    assert program, "coturn is not installed: scripts/test installs it"
    port = free_port()
    command = [
        program,
        "-n",
        "--listening-ip=127.0.0.1",
        "--relay-ip=127.0.0.1",
        "--allow-loopback-peers",
        f"--listening-port={port}",
        "--min-port=49200",
        "--max-port=49400",
        "--use-auth-secret",
        f"--static-auth-secret={shared_secret}",
        "--realm=calls.test",
        "--no-tls",
        "--no-dtls",
        "--no-cli",
        f"--pidfile={folder / 'coturn.pid'}",
        f"--log-file={folder / 'coturn.log'}",
        "--simple-log",
        "--verbose",
        f"--db={folder / 'coturn.sqlite'}",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up:
        assert process.poll() is None, "coturn ended at its start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("coturn did not listen in time")
