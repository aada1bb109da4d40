"""The database as it is, read beside a server that may be running."""

from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from attrs import frozen
from twisted.internet.defer import succeed

from homeserver.errors import CannotStart
from homeserver.storage import schema
from homeserver.storage.dialects.dialect import Connection, Dialect
from homeserver.storage.memory import Memory
from homeserver.storage.transaction import Transaction

P = ParamSpec("P")
T = TypeVar("T")

CACHE_BYTES = 16 * 1024 * 1024


class Readable(Protocol):
    def read(
        self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]: ...

    def glance(
        self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]: ...


@frozen(eq=False)
class Snapshot:
    """What was committed when it was opened, for commands."""

    _connection: Connection
    _memory: Memory

    @classmethod
    def open(cls, dialect: Dialect) -> "Snapshot":
        """Raises CannotStart where this code and the database do not go together."""
        connection = dialect.connect(writer=False)
        connection.begin_read()
        memory = Memory(CACHE_BYTES)
        applied = Transaction(connection, 0, memory).query("SELECT number FROM migrations")
        if {number for (number,) in applied} != schema.migrations().keys():
            connection.close()
            raise CannotStart("The database belongs to another version of Isthmus.")
        return cls(connection, memory)

    def read(
        self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]:
        return succeed(work(Transaction(self._connection, 0, self._memory), *args, **kwargs))

    def glance(
        self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]:
        return self.read(work, *args, **kwargs)

    def close(self) -> None:
        self._connection.close()
