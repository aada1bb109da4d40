"""A database whose threads do one piece of work at a time, when a test says so."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from homeserver.changes import Change
from homeserver.storage.cache import Cache
from homeserver.storage.database import Database
from homeserver.storage.dialects.dialect import Dialect
from homeserver.storage.memory import Memory
from homeserver.storage.threads import InlineThreads, Outcome
from homeserver.storage.transaction import Transaction

THINGS = "CREATE TABLE IF NOT EXISTS things (name TEXT PRIMARY KEY, number INTEGER NOT NULL)"


@frozen
class Added(Change):
    name: str


class HeldThreads(InlineThreads):
    """While `held`, work waits for `step`."""

    def __init__(self) -> None:
        self.held = False
        self.waiting: deque[tuple[str, Callable[[], Any], Outcome]] = deque()

    def run(self, lane: str, work: Callable[[], Any], outcome: Outcome) -> None:
        if self.held:
            self.waiting.append((lane, work, outcome))
        else:
            super().run(lane, work, outcome)

    def step(self, lane: str = "") -> None:
        """Do what has waited longest, in this lane if one is named."""
        found = next(item for item in self.waiting if lane in ("", item[0]))
        self.waiting.remove(found)
        super().run(*found)

    def release(self) -> None:
        while self.waiting:
            self.step()
        self.held = False


class Result:
    """What a Deferred fired with."""

    def __init__(self, deferred: Deferred[Any]) -> None:
        self.value: Any = None
        self.error: BaseException | None = None
        self.fired = False
        deferred.addCallbacks(self._succeeded, self._failed)

    def _succeeded(self, value: Any) -> None:
        self.fired, self.value = True, value

    def _failed(self, failure: Failure) -> None:
        self.fired, self.error = True, failure.value


class Store:
    """The database under test. Things have a name, unique, and a number."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.threads = HeldThreads()
        self.news: list[Change] = []
        self.memory = Memory()
        self.cache: Cache[str, int] = Cache(1_000_000, lambda *_: 100)
        self.database = Database(dialect, self.threads, self, self.memory)
        table = dialect.translate_schema(THINGS)
        self.result(self.database.write(lambda txn: txn.execute(table)))

    def publish(self, changes: Iterable[Change]) -> None:
        self.news += changes

    def wake(self) -> None:
        """Nobody sleeps here."""

    def told(self) -> list[str]:
        """The names of what was added, as it was announced."""
        return [change.name for change in self.news if isinstance(change, Added)]

    def write(self, work: Callable[..., Any], *arguments: Any) -> Result:
        return Result(self.database.write(work, *arguments))

    def read(self, work: Callable[..., Any], *arguments: Any) -> Result:
        return Result(self.database.read(work, *arguments))

    def result(self, deferred: Deferred[Any]) -> Any:
        found = Result(deferred)
        assert found.fired
        if found.error is not None:
            raise found.error
        return found.value

    def names(self) -> list[str]:
        """All things, in the order of their names."""
        rows = self.result(self.database.read(lambda txn: txn.query("SELECT name FROM things")))
        return sorted(name for (name,) in rows)

    def batch(self, *works: Callable[[Transaction], Any]) -> list[Result]:
        """Let these pieces of work meet in one batch."""
        self.threads.held = True
        opener = self.write(lambda txn: None)
        results = [self.write(work) for work in works]
        self.threads.release()
        assert opener.fired
        return results

    def close(self) -> None:
        self.threads.release()
        self.database.close()


def add(txn: Transaction, name: str, number: int = 0) -> int:
    """Buffered: whether the name is free shows when rows are sent."""
    txn.insert("INSERT INTO things (name, number) VALUES (?, ?)", name, number)
    position = txn.next_position()
    txn.announce(Added(position, name))
    return position


def add_now(txn: Transaction, name: str, number: int = 0) -> int:
    return txn.execute("INSERT INTO things (name, number) VALUES (?, ?)", name, number)
