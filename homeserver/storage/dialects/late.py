"""A connection that is only taken when the first row is needed."""

from collections.abc import Callable, Sequence

from homeserver.storage.dialects.dialect import Connection, Row


class NotInMemory(Exception):
    """Work that was to be answered from memory needs rows."""


class LateConnection:
    """For reading: `real` is the connection once it was needed."""

    def __init__(self, borrow: Callable[[], Connection] | None) -> None:
        self._borrow = borrow
        self.real: Connection | None = None

    def query(self, sql: str, parameters: Sequence[object]) -> list[Row]:
        if self.real is None:
            if self._borrow is None:
                raise NotInMemory
            self.real = self._borrow()
        return self.real.query(sql, parameters)

    def execute(self, sql: str, parameters: Sequence[object]) -> int:
        raise TypeError("a read changes nothing")

    def execute_soon(self, sql: str, parameters: Sequence[object]) -> None:
        raise TypeError("a read changes nothing")

    def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        raise TypeError("a read changes nothing")

    def begin_write(self) -> None:
        raise TypeError("a read changes nothing")

    def begin_read(self) -> None:
        """With the first query."""

    def can_commit(self) -> bool:
        return False

    def commit(self) -> None:
        raise TypeError("a read changes nothing")

    def is_lost(self) -> bool:
        return self.real is not None and self.real.is_lost()

    def rollback(self) -> None:
        """Whoever lent the connection ends its transaction."""

    def close(self) -> None:
        """The real connection lives on."""
