"""The databases that the servers keep their data in: an SQLite file or a private PostgreSQL."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Protocol

import psycopg2
from attrs import define, field, frozen

from scripts.benchmarks import proc
from scripts.benchmarks.processes import Program, start

OWNER = "postgres"


class Database(Protocol):
    """Where one server keeps its data."""

    def adopt(self) -> None:
        """Make files its own that were copied to its place."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def freeze(self) -> None: ...
    def thaw(self) -> None: ...
    def cpu_ms(self) -> float: ...
    def size(self) -> int: ...


@frozen
class SqliteFile:
    """SQLite runs inside the server: nothing to start, and its CPU time is the server's."""

    path: Path

    def adopt(self) -> None: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def freeze(self) -> None: ...

    def thaw(self) -> None: ...

    def cpu_ms(self) -> float:
        return 0.0

    def size(self) -> int:
        """Bytes in use, whether they stand in the file or still in its write-ahead log."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as connection:
            pages, free, page_size = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
        return int((pages - free) * page_size)


@define
class PostgresqlCluster:
    """A PostgreSQL of one server's own, with the settings it comes with, on a Unix socket."""

    directory: Path
    core: int
    _program: Program | None = field(default=None, init=False)

    @property
    def connection(self) -> dict[str, str]:
        return {"host": str(self.directory), "dbname": "bench", "user": OWNER}

    @property
    def dsn(self) -> str:
        return " ".join(f"{key}={value}" for key, value in self.connection.items())

    def adopt(self) -> None:
        """PostgreSQL refuses to run as root, and to use what is not its own."""
        owner = _owner()
        if owner is not None:
            for path in (self.directory, *self.directory.rglob("*")):
                shutil.chown(path, owner, owner)

    def start(self) -> None:
        fresh = not (self.directory / "data").exists()
        if fresh:
            self._initialize()
        settings = ("listen_addresses=", f"unix_socket_directories={self.directory}")
        self._program = start(
            [
                _binary("postgres"),
                *("-D", self.directory / "data"),
                *(word for setting in settings for word in ("-c", setting)),
            ],
            core=self.core,
            directory=self.directory,
            log=self.directory.parent / "postgresql.log",
            user=_owner(),
        )
        self._run("pg_isready", "--timeout=5", "--quiet", tries=100)
        if fresh:
            self._run("createdb", "--template=template0", "--lc-collate=C", "--lc-ctype=C", "bench")

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop(signal.SIGINT)
            self._program = None

    def freeze(self) -> None:
        """Its sessions sleep by themselves; without their parent no autovacuum starts."""
        if self._program is not None:
            self._program.freeze()

    def thaw(self) -> None:
        if self._program is not None:
            self._program.thaw()

    def cpu_ms(self) -> float:
        return proc.cpu_ms(self._program.pid) if self._program else 0.0

    def size(self) -> int:
        with closing(psycopg2.connect(self.dsn)) as connection, connection.cursor() as at:
            at.execute("SELECT pg_database_size(current_database())")
            return int(at.fetchall()[0][0])

    def _initialize(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.adopt()
        words = ("--auth=trust", "--encoding=UTF8", "--no-locale", f"--username={OWNER}")
        self._run("initdb", *words, f"--pgdata={self.directory / 'data'}", connects=False)

    def _run(self, name: str, *words: str, connects: bool = True, tries: int = 1) -> None:
        where = [f"--host={self.directory}", f"--username={OWNER}"] if connects else []
        for _ in range(tries):
            done = subprocess.run(
                [_binary(name), *where, *words],
                user=_owner(),
                cwd=self.directory,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError(f"{name} failed: {done.stdout}{done.stderr}")


def _owner() -> str | None:
    return OWNER if os.geteuid() == 0 else None


def _binary(name: str) -> str:
    """Distributions keep the server's programs out of PATH."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(installed[-1]) if installed else shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"PostgreSQL is not installed: there is no {name}")
    return found
