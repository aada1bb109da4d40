"""A store in an SQLite file; several devices may share it."""

import fcntl
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from e2ee.errors import StoreInUse
from e2ee.store import Change, account_number, behind
from e2ee.stores.schema import FIND, GET, PUT, REMOVE, VERSION_TABLE, migrate


class SqliteRecords:
    """The records of one device, over a connection that others of the same process may share."""

    def __init__(self, connection: sqlite3.Connection, account: str) -> None:
        self._connection, self._account = connection, account

    def beside(self, account: str) -> "SqliteRecords":
        """Another device's. Whoever opened the file sees to it that no device is opened twice."""
        return SqliteRecords(self._connection, account)

    def get(self, kind: str, key: str) -> bytes | None:
        row = self._connection.execute(GET, (self._account, kind, key)).fetchone()
        return row[0] if row else None

    def find(self, kind: str, prefix: str = "") -> list[tuple[str, bytes]]:
        bounds = (self._account, kind, prefix, behind(prefix))
        return self._connection.execute(FIND, bounds).fetchall()

    def apply(self, changes: Iterable[Change]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for change in changes:
                place = (self._account, change.kind, change.key)
                if change.value is None:
                    self._connection.execute(REMOVE, place)
                else:
                    self._connection.execute(PUT, (*place, change.value))
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """The connection is its opener's."""


class SqliteStore(SqliteRecords):
    """Opens the file. `account` keeps the devices apart."""

    def __init__(self, path: Path | str, account: str) -> None:
        self._lock = locked(Path(f"{path}.{account_number(account):x}.lock"))
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA busy_timeout = 10000")
        super().__init__(connection, account)
        self._migrate()

    def close(self) -> None:
        self._connection.close()
        self._lock.close()

    def _migrate(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.execute(VERSION_TABLE)
            row = self._connection.execute("SELECT version FROM e2ee_schema").fetchone()
            version = row[0] if row else None
            migrate(self._connection.execute, version, order="", bytes="BLOB")
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            self.close()
            raise


def locked(path: Path) -> IO[str]:
    """A file that is ours until it is closed, or the process ends."""
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise StoreInUse("Another process or machine has this device's store open.") from error
    return file
