"""A store in PostgreSQL; several devices may share a database."""

from collections.abc import Iterable
from typing import Any

import psycopg2
from psycopg2.extras import execute_batch, execute_values

from e2ee.errors import StoreInUse
from e2ee.store import Change, account_number, behind
from e2ee.stores.schema import FIND, GET, REMOVE, VERSION_TABLE, migrate

LOCK = 0x6532_6565
"""Two programs that start at a time migrate one after the other."""

PUT_MANY = """
    INSERT INTO e2ee_records (account, kind, key, value) VALUES %s
    ON CONFLICT (account, kind, key) DO UPDATE SET value = excluded.value
"""


class PostgresqlRecords:
    """The records of one device, over a connection that others of the same process may share."""

    def __init__(self, connection: Any, account: str) -> None:
        self._connection, self._account = connection, account

    def beside(self, account: str) -> "PostgresqlRecords":
        """Another device's. Whoever connected sees to it that no device is opened twice."""
        return PostgresqlRecords(self._connection, account)

    def get(self, kind: str, key: str) -> bytes | None:
        rows = self._read(GET, (self._account, kind, key))
        return bytes(rows[0][0]) if rows else None

    def find(self, kind: str, prefix: str = "") -> list[tuple[str, bytes]]:
        rows = self._read(FIND, (self._account, kind, prefix, behind(prefix)))
        return [(key, bytes(value)) for key, value in rows]

    def apply(self, changes: Iterable[Change]) -> None:
        written = list({(one.kind, one.key): one for one in changes}.values())
        kept = [(self._account, c.kind, c.key, c.value) for c in written if c.value is not None]
        gone = [(self._account, c.kind, c.key) for c in written if c.value is None]
        with self._connection, self._connection.cursor() as cursor:
            execute_values(cursor, PUT_MANY, kept)
            execute_batch(cursor, native(REMOVE), gone)

    def close(self) -> None:
        """The connection is its opener's."""

    def _read(self, statement: str, arguments: tuple[str, ...]) -> list[Any]:
        with self._connection.cursor() as cursor:
            cursor.execute(native(statement), arguments)
            rows: list[Any] = cursor.fetchall()
            return rows


class PostgresqlStore(PostgresqlRecords):
    """Connects. `account` keeps the devices apart."""

    def __init__(self, dsn: str, account: str) -> None:
        connection = psycopg2.connect(dsn)
        connection.autocommit = True
        super().__init__(connection, account)
        try:
            self._lock()
            self._migrate()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        self._connection.close()

    def _lock(self) -> None:
        """For as long as the connection lives."""
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (account_number(self._account),))
            if cursor.fetchone() != (True,):
                raise StoreInUse("Another process or machine has this device's store open.")

    def _migrate(self) -> None:
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            cursor.execute(VERSION_TABLE)
            cursor.execute("SELECT version FROM e2ee_schema")
            row = cursor.fetchone()
            version = row[0] if row else None
            migrate(cursor.execute, version, order='COLLATE "C"', bytes="BYTEA")


def native(statement: str) -> str:
    return statement.replace("?", "%s")
