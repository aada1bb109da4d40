"""Homeservers as real processes, each on a loopback address of its own."""

import http.client
import json
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from scripts.benchmarks.processes import Program, start
from tests.clients.started_server import is_setting

START_S = 60
COMPLAINT = re.compile(r"^\S+ (error|critical) |Traceback \(most recent|Unhandled error")


@frozen
class Site:
    """What the settings of a server depend on.

    `server_name` is where the others reach it, through a relay; the relay reaches it at
    `federation_port`, with TLS.
    """

    server_name: str
    address: str
    client_port: int
    federation_port: int
    folder: Path
    certificate: Path
    key: Path
    authority: Path
    database: Mapping[str, str] = field(factory=dict)


@frozen
class Product:
    """A homeserver that others have made, or we."""

    name: str
    command: Sequence[str | Path]
    settings: Callable[[Site], dict[str, Any]]
    """Its file is homeserver.yaml; JSON is YAML too."""
    prepare: Callable[[Site], None] = lambda _: None
    environment: Mapping[str, str] = field(factory=dict)


@define(eq=False)
class Homeserver:
    """One server under test. Its data outlives a stop and a kill."""

    product: Product
    site: Site
    reached_at: str
    """The address and port of its relay, which are its name unless that is delegated."""
    _program: Program | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        return self.site.server_name

    @property
    def pid(self) -> int | None:
        return self._program.pid if self._program else None

    @property
    def log(self) -> Path:
        return self.site.folder / "output.log"

    def start(self) -> None:
        """Returns once it serves clients and servers."""
        settings = json.dumps(self.product.settings(self.site), indent=1)
        (self.site.folder / "homeserver.yaml").write_text(settings)
        self.product.prepare(self.site)
        self._program = start(
            self.product.command,
            directory=self.site.folder,
            log=self.log,
            environment=self.product.environment,
            inherited={name: it for name, it in os.environ.items() if not is_setting(name)},
        )
        deadline = time.monotonic() + START_S
        while not self._serves():
            ended = self._program.ended
            assert not ended and time.monotonic() < deadline, self._excuse()
            time.sleep(0.05)

    def stop(self) -> None:
        """As its operator stops it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def complaints(self) -> list[str]:
        """What it has logged that no healthy run logs."""
        return [line for line in self.log.read_text().splitlines() if COMPLAINT.search(line)]

    def _end(self, number: signal.Signals) -> None:
        program, self._program = self._program, None
        if program is not None:
            program.stop(number)

    def _serves(self) -> bool:
        site = self.site
        client = http.client.HTTPConnection(site.address, site.client_port, timeout=5)
        with suppress(OSError, http.client.HTTPException):
            client.request("GET", "/_matrix/client/versions")
            if client.getresponse().status == 200:
                socket.create_connection((site.address, site.federation_port), 5).close()
                return True
        return False

    def _excuse(self) -> str:
        return f"{self.product.name} does not start:\n{self.log.read_text()[-4000:]}"


def free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
