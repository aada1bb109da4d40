"""What storage asks of a database, whichever it is."""

from collections.abc import Sequence
from typing import Any, Protocol

Row = tuple[Any, ...]


class Connection(Protocol):
    """SQL with `?` for parameters; errors of the driver pass through."""

    def query(self, sql: str, parameters: Sequence[object]) -> list[Row]: ...

    def execute(self, sql: str, parameters: Sequence[object]) -> int: ...

    def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None: ...

    def begin_write(self) -> None: ...

    def begin_read(self) -> None:
        """All reads until the rollback see one moment."""

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


class Dialect(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def works_inline(self) -> bool:
        """Whether statements are quick enough for the reactor's own thread: only commits wait for the disk."""

    def connect(self, *, writer: bool) -> Connection: ...

    def translate_schema(self, sql: str) -> str: ...

    def lost_connection(self, error: Exception) -> bool:
        """Whether a new connection may help."""

    def release(self) -> None:
        """Let another process have the database."""
