"""A homeserver under test: its program and its database, started, stopped and frozen together."""

import http.client
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from scripts.benchmarks import proc
from scripts.benchmarks.databases import Database, PostgresqlCluster, SqliteFile
from scripts.benchmarks.processes import Program, start

START_S = 120
SERVER_NAME = "localhost"


@frozen
class Place:
    """What a server's settings depend on."""

    directory: Path
    database: Database
    port: int
    authority: Path | None = None
    """Whose certificates are good, for a server that talks with others."""


@frozen
class Product:
    """A homeserver that can be measured."""

    name: str
    version: str
    command: Sequence[str | Path]
    write_settings: Callable[[Place], None]
    environment: Mapping[str, str] = field(factory=dict)
    keeps: bool = False
    """Whether a filled database is kept for the next run: this version will not change."""


@define
class Server:
    """One product with one database, on one core."""

    product: Product
    database_kind: str
    directory: Path
    core: int
    authority: Path | None = None
    port: int = field(init=False)
    database: Database = field(init=False)
    _program: Program | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.port = free_port()
        self.database = database_for(self.database_kind, self.directory, self.core)

    @property
    def program(self) -> Program:
        assert self._program is not None, "the server does not run"
        return self._program

    def start(self) -> float:
        """Start it, and its database before it; the seconds until it answers."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.database.start()
        return self.start_program()

    def start_program(self) -> float:
        place = Place(self.directory, self.database, self.port, self.authority)
        self.product.write_settings(place)
        began = time.perf_counter()
        self._program = start(
            self.product.command,
            core=self.core,
            directory=self.directory,
            log=self.directory / "output.log",
            environment=self.product.environment,
        )
        while not answers(self.port):
            if self._program.ended or time.perf_counter() - began > START_S:
                raise RuntimeError(f"{self.product.name} does not answer: see {self.directory}")
            time.sleep(0.005)
        return time.perf_counter() - began

    def stop(self) -> None:
        self.stop_program()
        self.database.thaw()
        self.database.stop()

    def stop_program(self) -> None:
        if self._program is not None:
            self._program.stop()
            self._program = None

    def freeze(self) -> None:
        self.program.freeze()
        self.database.freeze()

    def thaw(self) -> None:
        self.database.thaw()
        self.program.thaw()

    def cpu_ms(self) -> float:
        return proc.cpu_ms(self.program.pid)

    def resident_mib(self) -> float:
        return proc.resident_mib(self.program.pid)

    def peak_mib(self) -> float:
        return proc.peak_mib(self.program.pid)

    def forget_peak(self) -> None:
        proc.forget_peak(self.program.pid)


def database_for(kind: str, directory: Path, core: int) -> Database:
    if kind == "sqlite":
        return SqliteFile(directory / "homeserver.db")
    return PostgresqlCluster(directory / "postgresql", core)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/_matrix/client/versions")
        return connection.getresponse().status == 200
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listener(port: int) -> dict[str, Any]:
    """What both settings files say alike."""
    return {"port": port, "bind_addresses": ["127.0.0.1"]}
