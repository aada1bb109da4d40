"""What a piece of work sees of the database: rows in, rows out, and a place on the number line."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from typing import Any

from orjson import loads

from homeserver.changes import Change
from homeserver.logs import logger
from homeserver.storage.dialects.dialect import Connection
from homeserver.storage.memory import Memory

Row = tuple[Any, ...]

log = logger(__name__)

_DROPPED = object()


class Transaction:
    """One batch of the writer, or one read.

    `insert` collects rows and sends them together: many events cost one statement. Whatever reads
    or changes rows directly first sends what was collected, so work always sees what came before.
    """

    def __init__(
        self, connection: Connection, position: int, memory: Memory, *, writes: bool = False
    ) -> None:
        self._connection = connection
        self._writes = writes
        self._began = memory.commits
        self._collected: list[tuple[str, Row]] = []
        self._mark = 0
        self._savepoint = False
        self._broken: Exception | None = None
        self._undo: list[Callable[[], object]] = []
        self._seen: dict[tuple[Any, Hashable], Any] = {}
        self._at_end: dict[Hashable, Callable[[Transaction], object]] = {}
        self._after_commit: list[Callable[[], object]] = []
        self.changes: list[Change] = []
        self.position = position
        self.memory = memory

    # -- rows

    def query(self, sql: str, *parameters: object) -> list[Row]:
        self._send_collected()
        return self._connection.query(sql, parameters)

    def one(self, sql: str, *parameters: object) -> Row | None:
        rows = self.query(sql, *parameters)
        return rows[0] if rows else None

    def query_columns(
        self, columns: Sequence[str], rest: str, *parameters: object
    ) -> list[list[Any]]:
        """What `SELECT` these columns and the `rest` finds, in no order, column by column.

        They hold text, numbers or NULL, and come as JSON: for thousands of rows, making each of
        them would take longer than finding them.
        """
        texts = ", ".join(f"CAST(json_group_array({column}) AS TEXT)" for column in columns)
        (row,) = self.query(f"SELECT {texts} {rest}", *parameters)
        return [loads(text or "[]") for text in row]

    def execute(self, sql: str, *parameters: object) -> int:
        """Run a statement; how many rows it touched."""
        self._send_collected()
        self._protect()
        return self._connection.execute(sql, parameters)

    def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        self._send_collected()
        self._protect()
        self._connection.execute_many(sql, rows)

    def insert(self, sql: str, *parameters: object) -> None:
        """An INSERT (or UPDATE) whose outcome nobody waits for: sent with others like it."""
        self._collected.append((sql, parameters))

    def in_list(self, values: Iterable[object]) -> str:
        """Placeholders for `IN (...)`: as many as there are values."""
        return ",".join("?" for _ in values)

    # -- the number line and the news

    def next_position(self) -> int:
        self.position += 1
        return self.position

    def skip_positions(self, count: int) -> None:
        """Leave places of the line free, for what may later be put there."""
        self.position += count

    def announce(self, change: Change) -> None:
        self.changes.append(change)

    # -- what is kept in memory beside the rows

    def see(self, cache: Any, key: Hashable) -> Any:
        """The cached value as this batch has left it, or None."""
        own = self._seen.get((cache, key)) if self._seen else None
        if own is None:
            return cache.get(key)
        return None if own is _DROPPED else own

    def put(self, cache: Any, key: Hashable, value: object) -> None:
        """Cache a value: seen by this batch at once, by others after the commit."""
        self._set_seen(cache, key, value)

    def drop(self, cache: Any, key: Hashable) -> None:
        """The cached value is out of date: for who changes rows without knowing the new value.

        Even for a key that is not cached: a reader may just be about to cache the old value.
        """
        self._set_seen(cache, key, _DROPPED)

    def fill(self, cache: Any, key: Hashable, value: object) -> None:
        """Cache what was read from the rows."""
        if self._writes:
            # This batch may have read its own rows, which are not committed yet.
            self.put(cache, key, value)
        else:
            cache.fill(key, value, self._began)

    def at_end(self, key: Hashable, work: Callable[["Transaction"], object]) -> None:
        """Run once before the commit, however often it was asked for under this key."""
        if key not in self._at_end:
            self._at_end[key] = work
            self._undo.append(lambda: self._at_end.pop(key, None))

    def after_commit(self, action: Callable[[], object]) -> None:
        """Run on the reactor's thread once the rows are safe."""
        self._after_commit.append(action)

    def _set_seen(self, cache: Any, key: Hashable, value: object) -> None:
        place = (cache, key)
        before = self._seen.get(place)
        self._seen[place] = value
        self._undo.append(partial(self._seen.__setitem__, place, before))

    # -- the writer's side

    def begin_job(self) -> tuple[int, int]:
        self._mark = len(self._collected)
        self._undo.clear()
        return len(self.changes), len(self._after_commit)

    def end_job(self) -> None:
        if self._savepoint:
            self._connection.execute_soon("RELEASE SAVEPOINT job", ())
            self._savepoint = False

    def abandon_job(self, marks: tuple[int, int]) -> bool:
        """Undo all that the job did, in rows and memory; whether what came before still stands."""
        if self._broken is not None:
            return False
        changes, actions = marks
        del self._collected[self._mark :]
        del self.changes[changes:]
        del self._after_commit[actions:]
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()
        if self._savepoint:
            self._savepoint = False
            try:
                self._connection.execute("ROLLBACK TO SAVEPOINT job", ())
                self._connection.execute_soon("RELEASE SAVEPOINT job", ())
            except Exception:
                # The whole transaction is gone, or the connection: why, the job's own error says.
                return False
        return self._connection.can_commit()

    def finish(self) -> None:
        """Send what is left before the commit."""
        if self._broken is not None:
            raise self._broken
        for work in list(self._at_end.values()):
            work(self)
        self._mark = len(self._collected)
        self._send(self._collected, soon=True)
        self._collected = []

    def committed(self) -> None:
        self.memory.commits += 1
        self._hand_over()
        for action in self._after_commit:
            try:
                action()
            except Exception:
                # The rows are safe; one fault in memory must not keep the answers from everybody.
                log.exception("something failed after a commit")

    def _hand_over(self) -> None:
        """What was cached is seen by everybody: as the last piece of work left it."""
        for (cache, key), value in self._seen.items():
            if value is _DROPPED:
                cache.drop(key, self.memory.commits)
            elif value is not None:
                cache.put(key, value, self.memory.commits)

    def _send_collected(self) -> None:
        if not self._collected:
            return
        earlier, own = self._collected[: self._mark], self._collected[self._mark :]
        try:
            self._send(earlier)
        except Exception as error:
            # Not the fault of the work that happens to run, and not for it to catch.
            self._broken = error
            raise
        self._mark = 0
        self._collected = []
        if own:
            self._protect()
            self._send(own, soon=True)

    def _protect(self) -> None:
        """From here on this job can fail alone."""
        if not self._savepoint:
            self._connection.execute_soon("SAVEPOINT job", ())
            self._savepoint = True

    def _send(self, collected: list[tuple[str, Row]], *, soon: bool = False) -> None:
        """Runs of one statement go together; order between different ones is kept.

        `soon` is for what one statement or the commit follows at once: an error becomes that one's.
        """
        execute = self._connection.execute_soon if soon else self._connection.execute
        start = 0
        for end in range(1, len(collected) + 1):
            sql = collected[start][0]
            if end < len(collected) and collected[end][0] is sql:
                continue
            rows = [row for _, row in collected[start:end]]
            if len(rows) == 1:
                execute(sql, rows[0])
            else:
                self._connection.execute_many(sql, rows)
            start = end
