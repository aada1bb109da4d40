"""One connection, one writer, one commit for each piece of work: SQLite or PostgreSQL."""

import asyncio
import os
import re
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg2
from attrs import define, field, frozen

P = ParamSpec("P")
T = TypeVar("T")

SCHEMA = Path(__file__).parent / "schema"
BUSY_S = 30
PRIVATE = 0o600
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""What no database takes, and networks may send all the same."""


@frozen
class Transaction:
    """Statements with `?` for values, on both databases."""

    _cursor: Any
    _mark: str

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        kept = tuple(storable(it) if isinstance(it, str) else it for it in values)
        self._cursor.execute(statement.replace("?", self._mark), kept)
        return list(self._cursor.fetchall()) if self._cursor.description else []

    def one(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        rows = self.execute(statement, *values)
        return rows[0] if rows else None


def storable(text: str) -> str:
    return UNSTORABLE.sub("\ufffd", text)


@define(eq=False)
class Database:
    """`location` is the path of a SQLite file, or the DSN of a PostgreSQL database."""

    _location: str
    _connection: Any = None
    _thread: ThreadPoolExecutor = field(factory=lambda: ThreadPoolExecutor(1, "database"))

    async def start(self) -> None:
        await self.write(migrate)

    async def stop(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    async def write(
        self,
        work: Callable[Concatenate[Transaction, P], T],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """Returns when it is committed. One after the other, in the order of the calls."""

        def run() -> T:
            return self._run(lambda txn: work(txn, *arguments, **named))

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    def _run(self, work: Callable[[Transaction], T]) -> T:
        try:
            return self._attempt(work)
        except psycopg2.OperationalError:
            # The server was started anew, perhaps: once more, on a new connection.
            self._close()
            return self._attempt(work)

    def _attempt(self, work: Callable[[Transaction], T]) -> T:
        if self._connection is None:
            self._connection = self._connect()
        cursor = self._connection.cursor()
        try:
            result = work(Transaction(cursor, "%s" if self._is_postgresql else "?"))
            self._connection.commit()
        except BaseException:
            if not getattr(self._connection, "closed", False):
                self._connection.rollback()
            raise
        finally:
            cursor.close()
        return result

    @property
    def _is_postgresql(self) -> bool:
        return self._location.startswith(("postgresql://", "postgres://"))

    def _connect(self) -> Any:
        if self._is_postgresql:
            return psycopg2.connect(self._location)
        make_private(self._location)
        connection = sqlite3.connect(self._location, timeout=BUSY_S)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def make_private(path: str) -> None:
    """It holds the secrets of logins: only its owner may look. What SQLite lays beside follows."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE))
    os.chmod(path, PRIVATE)


def migrate(txn: Transaction) -> None:
    """Forward only, each file once."""
    txn.execute("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY)")
    done = {number for (number,) in txn.execute("SELECT number FROM migrations")}
    for number, path in migrations(SCHEMA).items():
        if number not in done:
            for statement in re.split(r";\s*\n", path.read_text()):
                if statement.strip():
                    txn.execute(statement)
            txn.execute("INSERT INTO migrations (number) VALUES (?)", number)


def migrations(folder: Path) -> dict[int, Path]:
    """By number, in order; a number that is given twice would leave one of them out in silence."""
    paths = sorted(folder.glob("[0-9]*.sql"))
    numbered = {int(path.name.split("_")[0]): path for path in paths}
    if len(numbered) < len(paths):
        raise ValueError(f"Two migrations in {folder} have the same number.")
    return numbered
