"""What storage asks of a database, whichever it is."""

from collections.abc import Sequence
from typing import Any, Protocol

Row = tuple[Any, ...]


class Connection(Protocol):
    """SQL with `?` for parameters; errors of the driver pass through."""

    def query(self, sql: str, parameters: Sequence[object]) -> list[Row]: ...

    def execute(self, sql: str, parameters: Sequence[object]) -> int: ...

    def execute_soon(self, sql: str, parameters: Sequence[object]) -> None:
        """`execute` whose outcome nobody asks for: at the latest with the next statement or the
        commit, which then raises its error.
        """

    def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None: ...

    def begin_write(self) -> None: ...

    def begin_read(self) -> None:
        """All reads until the rollback see one moment."""

    def can_commit(self) -> bool:
        """Whether an error has left the open transaction whole."""

    def commit(self) -> None:
        """Raises rather than commit less than everything."""

    def is_lost(self) -> bool:
        """Whether only a new connection can help."""

    def rollback(self) -> None: ...

    def close(self) -> None: ...


class Dialect(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def works_inline(self) -> bool:
        """Whether statements are quick enough for the reactor's own thread: only commits wait."""

    def open(self) -> Connection:
        """The writer's first connection; raises CannotStart if there is none to be had."""

    def connect(self, *, writer: bool) -> Connection: ...

    def translate_schema(self, sql: str) -> str: ...

    def reconnect(self, lost: Connection) -> tuple[Connection, bool]:
        """A new connection for the writer; whether the lost one's last transaction was committed.

        Waits for a database that is restarting; raises if it does not come back.
        """

    def release(self) -> None:
        """Let another process have the database."""
