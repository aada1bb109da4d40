"""One writer with group commit, a pool of readers, and the number line they share."""

from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from time import perf_counter
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from homeserver.changes import Change
from homeserver.errors import MatrixError
from homeserver.logs import logger
from homeserver.storage import line, schema
from homeserver.storage.dialects.dialect import Connection, Dialect
from homeserver.storage.dialects.late import LateConnection, NotInMemory
from homeserver.storage.memory import Memory
from homeserver.storage.threads import Threads
from homeserver.storage.transaction import Transaction

P = ParamSpec("P")
T = TypeVar("T")

MAX_BATCH = 256
"""Pieces of work in one commit: enough to share an fsync, few enough to answer the first soon."""

MAX_PREPARATIONS = 60
"""How often one piece of work may need something from elsewhere."""
TOO_OFTEN = "Too much has changed while this was being prepared. Try again."

log = logger(__name__)


Measure = Callable[[int, float], None]
"""Is told of each commit: how many pieces of work, and how many seconds it took."""


class Publisher(Protocol):
    def publish(self, changes: Iterable[Change]) -> None:
        """Tell those who keep account of changes."""

    def wake(self) -> None:
        """Rouse those who wait for what was told."""


class NotYet(Exception):
    """Raised by work of the writer that needs something from elsewhere first.

    All that it did is undone, `prepare` is awaited, and the work runs again.
    """

    def __init__(self, prepare: Callable[[], Coroutine[Any, Any, None]]) -> None:
        super().__init__("this is prepared first")
        self.prepare = prepare


@define
class Job:
    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    done: Deferred[Any]
    result: Any = None
    failure: Failure | None = None
    is_repeated: bool = False
    preparations: int = 0

    def run(self, txn: Transaction) -> None:
        """Errors of the work undo the work; those that harm others pass on and undo the batch."""
        self.failure = None
        marks = txn.begin_job()
        try:
            self.result = self.work(txn, *self.arguments)
        except Exception as error:
            if not txn.abandon_job(marks):
                raise
            self.failure = failure_of(error)
        else:
            txn.end_job()

    def answer(self) -> None:
        if self.failure is None:
            self.done.callback(self.result)
        else:
            self.done.errback(self.failure)


@define
class Batch:
    jobs: list[Job]
    began: float = field(factory=perf_counter)
    txn: Transaction = field(init=False)
    reserved: int = 0
    broken: Exception | None = None
    is_lost: bool = False


class Database:
    """`write` and `read` take plain functions of a transaction.

    Writes run one after the other. All that waits goes into one database transaction and is
    answered after its commit; work that raises is undone alone. `position` is the newest committed
    place on the line.
    """

    def __init__(
        self,
        dialect: Dialect,
        threads: Threads,
        publisher: Publisher,
        memory: Memory,
        measure: Measure | None = None,
    ) -> None:
        self.dialect = dialect
        self.memory = memory
        self._threads = threads
        self._publisher = publisher
        self._measure = measure
        self._waiting: deque[Job] = deque()
        self._alone: deque[Job] = deque()
        self._busy = False
        self._is_closed = False
        self._idle_readers: list[Connection] = []
        self._writer = dialect.open()
        try:
            self.position = self._reserved = self._prepare()
        except BaseException:
            self._writer.close()
            dialect.release()
            raise

    def _prepare(self) -> int:
        """Bring the schema up to date; the place after which to count on."""
        self._writer.begin_write()
        txn = Transaction(self._writer, 0, self.memory, writes=True)
        schema.migrate(txn, self.dialect)
        place = line.start(txn)
        self._writer.commit()
        return place

    def write(
        self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Deferred[T]:
        """Run `work(txn, *args)` in the next batch; fires after the commit, with its outcome.

        `work` may run more than once (its first try may be undone), so it changes nothing but the
        transaction.
        """
        assert not kwargs
        done: Deferred[T] = Deferred()
        self._enqueue(Job(work, args, done))
        return done

    def read(
        self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Deferred[T]:
        """Run `work(txn, *args)` on one consistent view of all that is committed."""
        assert not kwargs
        done: Deferred[T] = Deferred()

        def outcome(result: T, error: BaseException | None) -> None:
            if error is None:
                done.callback(result)
            else:
                done.errback(error)

        # Made here, not on the reader's thread: all up to this position has been announced, and
        # the view of the rows, which begins with the first query, is not older.
        connection = LateConnection(self._borrow)
        txn = Transaction(connection, self.position, self.memory)
        self._threads.run("read", lambda: self._read(connection, txn, work, args), outcome)
        return done

    def glance(
        self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Deferred[T]:
        """`read` for work that memory most likely answers: at once, without touching the database.

        Where rows are needed after all, they are read at once if the database is in this process,
        else by `read`.
        """
        assert not kwargs
        connection = LateConnection(self._borrow if self.dialect.works_inline else None)
        done: Deferred[T] = Deferred()
        try:
            result = work(Transaction(connection, self.position, self.memory), *args, **kwargs)
        except NotInMemory:
            return self.read(work, *args, **kwargs)
        except Exception as error:
            done.errback(failure_of(error))
        else:
            done.callback(result)
        finally:
            self._give_back(connection)
        return done

    def close(self) -> None:
        self._is_closed = True
        self._threads.stop()
        self._close_idle_readers()
        self._writer.close()
        self.dialect.release()

    def _read(
        self,
        connection: LateConnection,
        txn: Transaction,
        work: Callable[..., Any],
        arguments: tuple[Any, ...],
    ) -> Any:
        try:
            return work(txn, *arguments)
        except LookupError:
            # Memory may have heard of a commit that this view of the rows does not show yet.
            self._give_back(connection)
            return work(txn, *arguments)
        except Exception:
            if not connection.is_lost():
                raise
            # A read harms nobody: once more, on a new connection.
            self._give_back(connection)
            self._close_idle_readers()
            return work(txn, *arguments)
        finally:
            self._give_back(connection)

    def _borrow(self) -> Connection:
        try:
            connection = self._idle_readers.pop()
        except IndexError:
            connection = self.dialect.connect(writer=False)
        connection.begin_read()
        return connection

    def _give_back(self, borrowed: LateConnection) -> None:
        connection, borrowed.real = borrowed.real, None
        if connection is None:
            return
        try:
            connection.rollback()
        except Exception:
            connection.close()
        else:
            self._idle_readers.append(connection)

    def _close_idle_readers(self) -> None:
        while self._idle_readers:
            self._idle_readers.pop().close()

    # -- the writer

    def _start_batch(self) -> None:
        """Take what waits. Those of a broken batch go one by one, so who broke it breaks alone."""
        if self._alone:
            jobs = [self._alone.popleft()]
        else:
            jobs = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]
        self._busy = True
        batch = Batch(jobs)
        if self.dialect.works_inline:
            self._run(batch)
            self._threads.run("write", lambda: self._commit(batch), self._batch_done)
        else:
            self._threads.run("write", lambda: self._commit(self._run(batch)), self._batch_done)

    def _run(self, batch: Batch) -> Batch:
        try:
            self._writer.begin_write()
            batch.txn = txn = Transaction(self._writer, self.position, self.memory, writes=True)
            for job in batch.jobs:
                job.run(txn)
            txn.finish()
            batch.reserved = line.reserve(txn, self._reserved)
        except Exception as error:
            self._recover(batch, error)
        return batch

    def _commit(self, batch: Batch) -> Batch:
        if batch.broken is None:
            try:
                self._writer.commit()
            except Exception as error:
                self._recover(batch, error)
        return batch

    def _recover(self, batch: Batch, error: Exception) -> None:
        """Make ready for the next batch. A connection may have been lost when all was done."""
        if self._rolled_back():
            batch.broken = error
            return
        log.warning("the writer lost its connection: %r", error)
        batch.is_lost = True
        self._writer, committed = self.dialect.reconnect(self._writer)
        batch.broken = None if committed else error

    def _rolled_back(self) -> bool:
        try:
            self._writer.rollback()
        except Exception:
            if not self._writer.is_lost():
                raise
            return False
        return True

    def _batch_done(self, result: Batch | None, error: BaseException | None) -> None:
        """Back on the reactor's thread: the rows are safe, so the world may know."""
        if result is None:
            # Not even recovery worked (the database is gone): nothing can be promised any more.
            log.critical("the writer lost its database: %r", error)
            raise SystemExit(1) from error
        batch = result
        if batch.broken is not None:
            self._take_apart(batch, batch.broken)
        else:
            batch.txn.committed()
            self.position, self._reserved = batch.txn.position, batch.reserved
            if self._measure is not None:
                self._measure(len(batch.jobs), perf_counter() - batch.began)
            self._publisher.publish(batch.txn.changes)
            for job in batch.jobs:
                self._answer(job)
            # Those who asked come first: waking a large room takes longer than answering its
            # sender.
            self._publisher.wake()
        self._busy = False
        # What still waits when all is closed was promised to nobody.
        if (self._alone or self._waiting) and not self._is_closed:
            self._start_batch()

    def _take_apart(self, batch: Batch, error: Exception) -> None:
        if len(batch.jobs) > 1:
            log.warning("%d pieces of work go one by one: %r", len(batch.jobs), error)
            self._alone.extend(batch.jobs)
            return
        (job,) = batch.jobs
        if batch.is_lost and not job.is_repeated:
            job.is_repeated = True
            self._alone.appendleft(job)
            return
        job.failure = failure_of(error)
        job.answer()

    def _answer(self, job: Job) -> None:
        error = None if job.failure is None else job.failure.value
        if not isinstance(error, NotYet):
            job.answer()
        elif job.preparations < MAX_PREPARATIONS:
            job.preparations += 1
            Deferred.fromCoroutine(error.prepare()).addCallbacks(
                lambda _: self._enqueue(job), job.done.errback
            )
        else:
            job.done.errback(failure_of(MatrixError(TOO_OFTEN, status=503)))

    def _enqueue(self, job: Job) -> None:
        self._waiting.append(job)
        if not self._busy and not self._is_closed:
            self._start_batch()


def failure_of(error: BaseException) -> Failure:
    return Failure(error)  # type: ignore[no-untyped-call]
