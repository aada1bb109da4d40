"""PostgreSQL through psycopg2."""

import time
from collections.abc import Sequence
from typing import Any

import psycopg2
from attrs import frozen
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS
from psycopg2.extras import execute_values

from homeserver.errors import CannotStart
from homeserver.logs import logger
from homeserver.storage.dialects.dialect import Connection, Row
from homeserver.storage.dialects.sqlite import DatabaseInUse
from homeserver.storage.dialects.translation import as_multi_row, as_schema, with_placeholders

WRITER_LOCK = 0x69737468
"""The advisory lock of the one writer ("isth")."""

LOCK_SECONDS = 3.0
"""The server needs a moment to notice that a killed process is gone, and its lock with it."""

RETURN_SECONDS = 30.0
"""How long a writer waits for a database that restarts."""

POLL_SECONDS = 0.1

# Both ends notice within a minute when the other one has vanished without a word.
_KEEPALIVE: dict[str, Any] = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
_SERVER_KEEPALIVE = (
    "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
)

log = logger(__name__)


class NotCommitted(Exception):
    """The database rolled back instead."""


class OutcomeUnknown(Exception):
    """The connection was lost during a commit, and the database cannot say how that ended."""


class PostgresqlConnection:
    """What readers and the writer have in common.

    A statement costs a journey to the server and back. Those whose outcome nobody asks for are
    owed, and travel with the next one.
    """

    _raw: Any

    def __init__(self, dsn: str) -> None:
        self._raw = psycopg2.connect(
            dsn, application_name="isthmus", connect_timeout=10, **_KEEPALIVE
        )
        self._raw.autocommit = True
        self._cursor: Any = self._raw.cursor()
        self._owed: list[bytes] = []

    def query(self, sql: str, parameters: Sequence[object]) -> list[Row]:
        self._send(sql, parameters)
        rows: list[Row] = self._cursor.fetchall()
        return rows

    def execute(self, sql: str, parameters: Sequence[object]) -> int:
        self._send(sql, parameters)
        return int(self._cursor.rowcount)

    def execute_soon(self, sql: str, parameters: Sequence[object]) -> None:
        self._owed.append(self._cursor.mogrify(with_placeholders(sql), parameters))

    def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        self._pay()
        multi = as_multi_row(sql)
        if multi is None:
            for row in rows:
                self._cursor.execute(with_placeholders(sql), row)
            return
        for part in multi.parts(rows):
            execute_values(self._cursor, multi.statement, part, multi.template, page_size=500)

    def begin_write(self) -> None:
        raise TypeError("a reader writes nothing")

    def begin_read(self) -> None:
        raise TypeError("the writer looks into its own transaction")

    def can_commit(self) -> bool:
        return bool(self._raw.info.transaction_status == TRANSACTION_STATUS_INTRANS)

    def commit(self) -> None:
        raise TypeError("a reader writes nothing")

    def is_lost(self) -> bool:
        return bool(self._raw.closed)

    def rollback(self) -> None:
        self._owed.clear()
        if self._raw.info.transaction_status != TRANSACTION_STATUS_IDLE:
            self._cursor.execute("ROLLBACK")

    def close(self) -> None:
        self._raw.close()

    def _send(self, sql: str, parameters: Sequence[object]) -> None:
        if self._owed:
            self.execute_soon(sql, parameters)
            self._pay()
        else:
            self._cursor.execute(with_placeholders(sql), parameters)

    def _pay(self) -> None:
        if self._owed:
            owed, self._owed = self._owed, []
            self._cursor.execute(b";".join(owed))


class PostgresqlReader(PostgresqlConnection):
    def begin_read(self) -> None:
        self._owed.append(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")


class PostgresqlWriter(PostgresqlConnection):
    """Knows its transaction's number, so that a commit whose answer got lost can be asked about."""

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn)
        self.transaction: int | None = None
        self.is_committing = False
        self._cursor.execute(_SERVER_KEEPALIVE)
        self.server_start = self.query("SELECT pg_postmaster_start_time()", ())[0][0]

    def begin_write(self) -> None:
        self.is_committing = False
        self._cursor.execute("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT txid_current()")
        self.transaction = self._cursor.fetchall()[0][0]

    def commit(self) -> None:
        self.is_committing = True
        self._send("COMMIT", ())
        self.is_committing = False
        if self._cursor.statusmessage != "COMMIT":
            raise NotCommitted(f"The answer to COMMIT was {self._cursor.statusmessage}.")

    def take_lock(self) -> None:
        """Raises DatabaseInUse if another process keeps it."""
        until = time.monotonic() + LOCK_SECONDS
        while not self.query("SELECT pg_try_advisory_lock(?)", (WRITER_LOCK,))[0][0]:
            if time.monotonic() > until:
                raise DatabaseInUse("Another process already serves this PostgreSQL database.")
            time.sleep(POLL_SECONDS)

    def has_committed(self, lost: "PostgresqlWriter") -> bool:
        """How the last transaction of a lost connection ended: it has, for the lock is ours."""
        if not lost.is_committing:
            return False
        if lost.server_start != self.server_start:
            # A crash may have taken the number back and given it to somebody else.
            raise OutcomeUnknown("PostgreSQL restarted during a commit.")
        status = self.query("SELECT txid_status(?)", (lost.transaction,))[0][0]
        return bool(status == "committed")


@frozen
class PostgresqlDialect:
    _dsn: str
    name: str = "postgresql"
    works_inline: bool = False

    def open(self) -> Connection:
        try:
            return self.connect(writer=True)
        except psycopg2.OperationalError as error:
            raise CannotStart(f"PostgreSQL does not answer: {str(error).strip()}") from error

    def connect(self, *, writer: bool) -> Connection:
        if not writer:
            return PostgresqlReader(self._dsn)
        connection = PostgresqlWriter(self._dsn)
        try:
            connection.take_lock()
        except BaseException:
            connection.close()
            raise
        return connection

    def reconnect(self, lost: Connection) -> tuple[Connection, bool]:
        assert isinstance(lost, PostgresqlWriter)
        lost.close()
        until = time.monotonic() + RETURN_SECONDS
        while True:
            try:
                connection = self.connect(writer=True)
                assert isinstance(connection, PostgresqlWriter)
                return connection, connection.has_committed(lost)
            except psycopg2.OperationalError as error:
                if time.monotonic() > until:
                    raise
                log.warning("waiting for the database: %s", str(error).strip())
                time.sleep(POLL_SECONDS)

    def translate_schema(self, sql: str) -> str:
        return as_schema(sql)

    def release(self) -> None:
        """The lock goes with the writer's connection."""
