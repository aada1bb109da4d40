"""SQLite: the embedded default. WAL, and every commit on the disk before it is answered."""

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from attrs import define, field

from homeserver.errors import CannotStart
from homeserver.storage.dialects.dialect import Connection, Row

LOG_PAGES = 4000
"""How long the write-ahead log becomes before it is taken into the database and begins anew."""

LOG_FRAME = 4096 + 24

USED_BYTES = 4 * 1024 * 1024
"""A database of this size is one that people use, whose log is worth its full length."""


class DatabaseInUse(CannotStart):
    """Another process has the database open."""


class SqliteConnection:
    def __init__(self, path: Path, *, writer: bool) -> None:
        self._raw = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        self._raw.execute("PRAGMA journal_mode=WAL")
        self._raw.execute("PRAGMA synchronous=FULL")
        self._raw.execute("PRAGMA busy_timeout=10000")
        self._raw.execute("PRAGMA foreign_keys=ON")
        self._raw.execute("PRAGMA temp_store=MEMORY")
        # A negative size counts KiB. The file's pages are in the system's own cache as well.
        self._raw.execute(f"PRAGMA cache_size={-16384 if writer else -4096}")
        if writer:
            self._raw.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
            if path.stat().st_size >= USED_BYTES:
                self._raw.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
                lay_out(path.with_name(path.name + "-wal"), LOG_PAGES * LOG_FRAME)
        else:
            self._raw.execute("PRAGMA query_only=ON")

    def query(self, sql: str, parameters: Sequence[object]) -> list[Row]:
        return self._raw.execute(sql, parameters).fetchall()

    def execute(self, sql: str, parameters: Sequence[object]) -> int:
        return self._raw.execute(sql, parameters).rowcount

    def execute_soon(self, sql: str, parameters: Sequence[object]) -> None:
        self._raw.execute(sql, parameters)

    def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        self._raw.executemany(sql, rows)

    def begin_write(self) -> None:
        self._raw.execute("BEGIN IMMEDIATE")

    def begin_read(self) -> None:
        self._raw.execute("BEGIN")

    def can_commit(self) -> bool:
        """A full disk, for one, ends the whole transaction."""
        return self._raw.in_transaction

    def commit(self) -> None:
        self._raw.execute("COMMIT")

    def is_lost(self) -> bool:
        return False

    def rollback(self) -> None:
        if self._raw.in_transaction:
            self._raw.execute("ROLLBACK")

    def close(self) -> None:
        self._raw.close()


@define
class SqliteDialect:
    """One process at a time: the number line is in its memory, so a lock keeps a second one out."""

    _path: Path
    name: str = "sqlite"
    works_inline: bool = True
    _lock: int | None = field(default=None, init=False)

    def open(self) -> Connection:
        return self.connect(writer=True)

    def connect(self, *, writer: bool) -> SqliteConnection:
        if writer and self._lock is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = lock_file(self._path.with_name(self._path.name + ".lock"))
        return SqliteConnection(self._path, writer=writer)

    def translate_schema(self, sql: str) -> str:
        return sql

    def reconnect(self, lost: Connection) -> tuple[Connection, bool]:
        raise NotImplementedError("a database in this process is never lost")

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def lay_out(log: Path, length: int) -> None:
    """Give the log its full length at once: SQLite ignores what follows its last commit.

    In a file that grows, every commit makes the disk keep its new length too, and waits twice.
    """
    piece = bytes(4096)
    # Without room for it, the log grows as it would have.
    with suppress(OSError), log.open("r+b", buffering=0) as file:
        for place in range(file.seek(0, os.SEEK_END), length, len(piece)):
            os.pwrite(file.fileno(), piece, place)


def lock_file(path: Path) -> int:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise DatabaseInUse(
            f"Another process already serves this database ({path} is locked)."
        ) from error
    return descriptor
