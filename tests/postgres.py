"""A PostgreSQL server of the tests' own: started on loopback, stopped with them."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg2

DURABLE = "-c max_connections=60 -c shared_buffers=32MB"
QUICK = f"{DURABLE} -c fsync=off -c full_page_writes=off -c synchronous_commit=off"

_numbers = count(1)


def binary(name: str) -> str:
    """A PostgreSQL program; Debian keeps those of the server out of PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / name).exists():
            return str(folder / name)
    found = shutil.which(name)
    assert found, f"PostgreSQL's {name} is not installed: scripts/test installs it"
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresServer:
    """A cluster in a folder of its own, without passwords, reached only from this machine.

    Unless it is `durable` it is quick, and loses what it has if it dies.
    """

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._options = DURABLE if durable else QUICK
        self._folder = folder
        self._port = free_port()
        self._shared: str | None = None
        self._owner: str | None = None
        if os.geteuid() == 0:
            # The server refuses to run as root.
            self._owner = "postgres"
            os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
            folder.chmod(0o700)

    def start(self) -> None:
        data = str(self._folder / "data")
        self._run(
            "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        )
        self.launch()

    def launch(self) -> None:
        """Start the cluster that is there, after `stop` too."""
        data, log = str(self._folder / "data"), str(self._folder / "log")
        options = f"-p {self._port} -h 127.0.0.1 -k '' {self._options}"
        self._run("pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")

    def stop(self) -> None:
        """At once, as in a crash: the next start recovers from the log."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "-w", "stop")

    def new_database(self) -> str:
        """The DSN of a fresh, empty database."""
        name = f"isthmus_{next(_numbers)}"
        self._govern(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        return self._dsn(name)

    def drop_database(self, dsn: str) -> None:
        """Whoever is still connected is thrown out."""
        self._govern(f"DROP DATABASE {name_of(dsn)} WITH (FORCE)")

    def copy_database(self, source: str, target: str) -> None:
        """Put what one holds in the place of the other; DSNs. Nobody may be connected to either."""
        self._govern(
            f"DROP DATABASE IF EXISTS {name_of(target)}",
            f"CREATE DATABASE {name_of(target)} TEMPLATE {name_of(source)}",
        )

    def _govern(self, *statements: str) -> None:
        connection = psycopg2.connect(self._dsn("postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()

    def clean_database(self, *, alone: bool = False) -> str:
        """The DSN of a database that may have its tables already, but no rows: far quicker than a
        fresh one. With `alone`, whatever an earlier test left connected is cut off.
        """
        if self._shared is None:
            self._shared = self.new_database()
        connection = psycopg2.connect(self._shared)
        with connection, connection.cursor() as cursor:
            if alone:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            cursor.execute(
                "SELECT tablename FROM pg_tables "
                "WHERE schemaname = 'public' AND tablename <> 'migrations'"
            )
            for (table,) in cursor.fetchall():
                cursor.execute(f"DELETE FROM {table}")
        connection.close()
        return self._shared

    def _dsn(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        result = subprocess.run(
            [binary(program), *arguments],
            user=self._owner,
            cwd=self._folder,
            stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert result.returncode == 0, f"{program} failed: {(result.stdout or b'').decode()}"


def name_of(dsn: str) -> str:
    return dsn.rpartition("/")[2]


@contextmanager
def running_server(*, durable: bool = False) -> Iterator[PostgresServer]:
    with tempfile.TemporaryDirectory(prefix="isthmus-postgres-") as folder:
        server = PostgresServer(Path(folder), durable=durable)
        server.start()
        try:
            yield server
        finally:
            server.stop()
