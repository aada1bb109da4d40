"""PostgreSQL through psycopg2."""

import re
from collections.abc import Sequence
from functools import cache

import psycopg2
import psycopg2.extensions
from attrs import frozen
from psycopg2.extras import execute_values

from homeserver.storage.dialects.dialect import Row
from homeserver.storage.dialects.sqlite import DatabaseInUse

WRITER_LOCK = 0x69737468
"""The advisory lock of the one writer ("isth")."""

_VALUES = re.compile(r"\bVALUES\s*(\([?,\s]*\))", re.IGNORECASE)


@cache
def with_placeholders(sql: str) -> str:
    """psycopg2 writes %s where our SQL has ?; our SQL has neither in a literal."""
    return sql.replace("%", "%%").replace("?", "%s")


@cache
def as_multi_row(sql: str) -> tuple[str, str] | None:
    """(statement with one %s for all rows, template of a row), if it is a plain INSERT ... VALUES (?, ...)."""
    found = _VALUES.search(sql)
    if not found or not sql.lstrip().upper().startswith("INSERT"):
        return None
    start, end = found.span(1)
    return sql[:start].replace("%", "%%") + "%s" + sql[end:], with_placeholders(found[1])


class PostgresqlConnection:
    def __init__(self, dsn: str, *, writer: bool) -> None:
        self._raw = psycopg2.connect(dsn, application_name="isthmus")
        self._raw.set_session(
            isolation_level="READ COMMITTED" if writer else "REPEATABLE READ",
            readonly=not writer,
        )
        self._cursor = self._raw.cursor()
        if writer:
            self._take_writer_lock()

    def query(self, sql: str, parameters: Sequence[object]) -> list[Row]:
        self._cursor.execute(with_placeholders(sql), parameters)
        return self._cursor.fetchall()

    def execute(self, sql: str, parameters: Sequence[object]) -> int:
        self._cursor.execute(with_placeholders(sql), parameters)
        return self._cursor.rowcount

    def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        if multi := as_multi_row(sql):
            execute_values(self._cursor, multi[0], rows, multi[1], page_size=500)
        else:
            for row in rows:
                self._cursor.execute(with_placeholders(sql), row)

    def begin_write(self) -> None:
        """psycopg2 begins with the first statement."""

    def begin_read(self) -> None:
        """psycopg2 begins with the first statement."""

    def commit(self) -> None:
        self._raw.commit()

    def rollback(self) -> None:
        self._raw.rollback()

    def close(self) -> None:
        self._raw.close()

    def _take_writer_lock(self) -> None:
        if not self.query("SELECT pg_try_advisory_lock(?)", (WRITER_LOCK,))[0][0]:
            raise DatabaseInUse("Another process already serves this PostgreSQL database.")
        self._raw.commit()


@frozen
class PostgresqlDialect:
    _dsn: str
    name: str = "postgresql"
    works_inline: bool = False

    def connect(self, *, writer: bool) -> PostgresqlConnection:
        return PostgresqlConnection(self._dsn, writer=writer)

    def translate_schema(self, sql: str) -> str:
        return re.sub(r"\bINTEGER\b", "BIGINT", sql).replace("BLOB", "BYTEA")

    def lost_connection(self, error: Exception) -> bool:
        return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)

    def release(self) -> None:
        """The lock goes with the writer's connection."""
