"""One writer with group commit, readers beside it, and what happens when something fails."""

from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from homeserver.errors import MatrixError
from homeserver.storage.database import NotYet
from homeserver.storage.dialects.late import NotInMemory
from homeserver.storage.transaction import Transaction
from tests.homeserver.storage.held import Added, Result, Store, add, add_now


def numbered(txn: Transaction, name: str) -> int | None:
    row = txn.one("SELECT number FROM things WHERE name = ?", name)
    return None if row is None else int(row[0])


def remembered(txn: Transaction, store: Store, name: str) -> int | None:
    """The number of a thing, from memory if it is there."""
    known: int | None = txn.see(store.cache, name)
    if known is None:
        known = numbered(txn, name)
        if known is not None:
            txn.fill(store.cache, name, known)
    return known


def renumber(txn: Transaction, store: Store, name: str, number: int) -> None:
    txn.insert("UPDATE things SET number = ? WHERE name = ?", number, name)
    txn.put(store.cache, name, number)


# -- group commit


def test_what_waits_is_committed_together_and_answered_after_it(store: Store) -> None:
    store.threads.held = True
    first = store.write(add, "first")
    others = [store.write(add, f"other {number}") for number in range(20)]

    assert not first.fired and not store.news
    store.threads.step()
    assert first.fired and store.told() == ["first"]
    assert not any(other.fired for other in others)
    store.threads.step()

    assert all(other.fired for other in others), "one commit for all that waited"
    assert not store.threads.waiting


def test_what_is_wanted_when_the_database_is_closed_is_not_begun(store: Store) -> None:
    store.database.close()

    late = store.write(add, "late")

    assert not late.fired
    assert not store.threads.waiting


def test_work_that_fails_is_undone_alone(store: Store) -> None:
    ended: list[str] = []

    def fails(txn: Transaction) -> None:
        add(txn, "buffered")
        add_now(txn, "direct")
        txn.put(store.cache, "good", 99)
        txn.put(store.cache, "bad", 1)
        txn.at_end("bad", lambda _: ended.append("bad"))
        txn.after_commit(lambda: ended.append("committed"))
        raise LookupError("of its own")

    def succeeds(txn: Transaction, name: str) -> int:
        txn.put(store.cache, name, 7)
        txn.at_end("good", lambda _: ended.append("good"))
        return add(txn, name)

    before, failed, after = store.batch(
        lambda txn: succeeds(txn, "good"), fails, lambda txn: succeeds(txn, "later")
    )

    assert isinstance(failed.error, LookupError)
    assert before.error is None and after.error is None
    assert store.names() == ["good", "later"]
    assert (store.cache.get("good"), store.cache.get("bad")) == (7, None)
    assert store.told() == ["good", "later"]
    assert ended == ["good"]


def test_who_breaks_the_batch_with_buffered_rows_fails_alone(store: Store) -> None:
    store.write(add, "taken")

    good, bad, other = store.batch(
        lambda txn: add(txn, "good"), lambda txn: add(txn, "taken"), lambda txn: add(txn, "other")
    )

    assert good.error is None and other.error is None
    assert "UNIQUE" in str(bad.error).upper()
    assert store.names() == ["good", "other", "taken"]
    assert store.told() == ["taken", "good", "other"]


def test_rows_of_others_that_break_while_work_looks_are_not_its_fault(store: Store) -> None:
    """The look sends what was buffered before: that error is not the looker's own."""
    store.write(add, "taken")

    def looks(txn: Transaction) -> int:
        try:
            return len(txn.query("SELECT name FROM things"))
        except Exception:
            return -1  # Even who swallows the error gets no answer from a broken batch.

    good, bad, looker = store.batch(
        lambda txn: add(txn, "good"), lambda txn: add(txn, "taken"), looks
    )

    assert (good.error, looker.error) == (None, None)
    assert bad.error is not None
    assert looker.value == 2
    assert store.names() == ["good", "taken"]


def test_a_failing_query_loses_no_rows_of_others(store: Store) -> None:
    """PostgreSQL turns the commit of a failed transaction into a rollback, and reports no error."""
    good, bad, other = store.batch(
        lambda txn: add_now(txn, "good"),
        lambda txn: txn.query("SELECT nothing FROM nowhere"),
        lambda txn: add_now(txn, "other"),
    )

    assert bad.error is not None
    assert (good.error, other.error) == (None, None)
    assert store.names() == ["good", "other"]


def test_work_that_fails_after_a_direct_statement_of_its_own_fails_alone(store: Store) -> None:
    good, bad = store.batch(
        lambda txn: add_now(txn, "good"), lambda txn: (add_now(txn, "good"), add_now(txn, "x"))
    )

    assert good.error is None and bad.error is not None
    assert store.names() == ["good"]


def test_an_error_before_the_commit_is_the_whole_batchs(store: Store) -> None:
    def ends_badly(txn: Transaction) -> None:
        txn.at_end("end", lambda end: end.query("SELECT nothing FROM nowhere"))

    bad, good = store.batch(ends_badly, lambda txn: add(txn, "good"))

    assert bad.error is not None and good.error is None
    assert store.names() == ["good"]


def test_the_writer_goes_on_after_any_failure(store: Store) -> None:
    for name in ("a", "b", "c"):
        store.batch(lambda txn: txn.query("SELECT nonsense"), lambda txn: add_now(txn, "a"))
        store.write(add, name)

    assert store.names() == ["a", "b", "c"]


def test_one_fault_in_memory_keeps_no_answer_back(store: Store) -> None:
    def forgets(txn: Transaction) -> str:
        txn.after_commit([].pop)
        return "answered"

    assert store.write(forgets).value == "answered"
    assert store.write(forgets).value == "answered"


def test_a_large_crowd_is_served_in_order(store: Store) -> None:
    results = store.batch(*(lambda txn, n=n: add(txn, f"{n:04}") for n in range(600)))

    positions = [result.value for result in results]
    assert positions == sorted(positions) and len(set(positions)) == 600
    assert len(store.names()) == 600


# -- memory that follows commits


def test_work_sees_what_its_batch_has_cached_others_only_what_is_committed(store: Store) -> None:
    store.threads.held = True
    store.write(add, "thing", 1)
    store.write(renumber, store, "thing", 2)
    seen = store.write(remembered, store, "thing")
    store.threads.step()

    assert store.cache.get("thing") is None
    store.threads.release()
    assert seen.value == 2 and store.cache.get("thing") == 2


@pytest.mark.parametrize("knows_value", [True, False])
def test_a_reader_that_races_with_a_commit_leaves_nothing_stale(
    store: Store, knows_value: bool
) -> None:
    """It reads the old row, the commit comes, and only then it caches what it has read."""
    store.write(add, "thing", 1)

    def change(txn: Transaction) -> None:
        txn.insert("UPDATE things SET number = 2 WHERE name = 'thing'")
        if knows_value:
            txn.put(store.cache, "thing", 2)
        else:
            txn.drop(store.cache, "thing")

    def slow_reader(txn: Transaction) -> int | None:
        number = numbered(txn, "thing")
        assert store.write(change).fired
        txn.fill(store.cache, "thing", number)
        return number

    assert store.read(slow_reader).value == 1
    assert store.cache.get("thing") == (2 if knows_value else None)
    assert store.read(remembered, store, "thing").value == 2


def test_a_reader_sees_one_moment(store: Store) -> None:
    store.write(add, "thing", 1)

    def reads_twice(txn: Transaction) -> tuple[int | None, int | None]:
        before = numbered(txn, "thing")
        assert store.write(renumber, store, "thing", 2).fired
        return before, numbered(txn, "thing")

    assert store.read(reads_twice).value == (1, 1)
    assert store.read(numbered, "thing").value == 2


def test_a_dropped_value_is_read_anew_in_the_same_batch_unless_that_is_undone(store: Store) -> None:
    store.write(add, "thing", 1)
    store.read(remembered, store, "thing")

    def drops(txn: Transaction, fails: bool) -> int | None:
        txn.insert("UPDATE things SET number = number + 1 WHERE name = 'thing'")
        txn.drop(store.cache, "thing")
        if fails:
            raise LookupError
        return remembered(txn, store, "thing")

    failed, seen = store.batch(lambda txn: drops(txn, True), lambda txn: drops(txn, False))

    assert failed.error is not None
    assert seen.value == 2
    assert store.cache.get("thing") == 2


def test_a_reader_stands_where_everything_was_known_when_it_was_asked(store: Store) -> None:
    """Its rows may be newer, never older: so nothing up to its position is missing anywhere."""
    store.write(add, "early", 1)
    asked_at = store.database.position
    store.threads.held = True
    reading = store.read(lambda txn: (txn.position, numbered(txn, "early"), numbered(txn, "late")))
    writing = store.write(add, "late", 2)

    store.threads.step("write")

    assert writing.fired and store.database.position > asked_at
    store.threads.release()
    assert reading.value == (asked_at, 1, 2)


# -- glances


def test_a_glance_at_memory_leaves_the_database_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.cache.put("thing", 5, 0)
    monkeypatch.setattr(store.database, "_borrow", lambda: pytest.fail("asked the database"))

    assert store.result(store.database.glance(remembered, store, "thing")) == 5


def test_a_glance_past_memory_reads_rows(store: Store) -> None:
    store.write(add, "thing", 5)
    store.threads.held = True

    looking = Result(store.database.glance(remembered, store, "thing"))

    assert looking.fired is store.dialect.works_inline, "at once if the database is in this process"
    store.threads.release()
    assert looking.value == 5
    assert store.cache.get("thing") == 5


def test_an_error_of_a_glance_is_its_answer(store: Store) -> None:
    def fails(txn: Transaction) -> None:
        numbered(txn, "thing")
        raise LookupError("of its own")

    looking = Result(store.database.glance(fails))

    assert isinstance(looking.error, LookupError)
    assert not isinstance(looking.error, NotInMemory)


@pytest.mark.parametrize("look", ["read", "glance"])
def test_a_look_changes_nothing(store: Store, look: str) -> None:
    looking = Result(getattr(store.database, look)(add_now, "thing"))

    assert isinstance(looking.error, TypeError)
    assert store.names() == []


def test_readers_are_used_again_even_after_errors(store: Store) -> None:
    for _ in range(5):
        assert store.read(lambda txn: txn.query("SELECT nonsense")).error is not None
        assert store.read(numbered, "thing").value is None

    assert len(store.database._idle_readers) == 1


# -- the life of a database


def test_a_second_process_is_refused(
    open_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    monkeypatch.setattr("homeserver.storage.dialects.postgresql.LOCK_SECONDS", 0.1)
    dialect: Any = store.dialect
    other = type(dialect)(getattr(dialect, "_path", None) or dialect._dsn)

    with pytest.raises(Exception, match="Another process already serves"):
        Store(other)

    assert store.write(add, "still there").error is None
    store.close()
    Store(other).close()
    Store(dialect).close()


def test_what_was_answered_is_there_after_a_restart(open_store: Callable[..., Store]) -> None:
    first = open_store()
    first.write(add, "thing", 3)

    assert open_store().read(numbered, "thing").value == 3


def test_announcements_come_in_the_order_of_their_places(store: Store) -> None:
    store.batch(*(lambda txn, n=n: add(txn, str(n)) for n in range(10)))

    positions = [change.position for change in store.news]
    assert positions == sorted(positions)
    assert store.database.position == positions[-1]
    assert all(isinstance(change, Added) for change in store.news)


def test_a_read_that_memory_has_overtaken_looks_again(store: Store) -> None:
    """Memory named something that the rows, as this reader first saw them, do not show yet."""
    tries: list[int] = []

    def look(txn: Transaction) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise KeyError("not in these rows yet")
        return len(tries)

    assert store.read(look).value == 2


def test_work_that_lacks_something_runs_again_once_that_is_there(store: Store) -> None:
    come: Deferred[None] = Deferred()
    tries: list[bool] = []

    async def prepare() -> None:
        await come

    def work(txn: Transaction) -> str:
        tries.append(come.called)
        add(txn, "a")
        if not come.called:
            raise NotYet(prepare)
        return "done"

    waiting, other = store.batch(work, lambda txn: add(txn, "b"))
    assert other.fired and not waiting.fired
    assert store.names() == ["b"]
    come.callback(None)

    assert waiting.value == "done"
    assert store.names() == ["a", "b"]
    assert tries == [False, True]


def test_work_that_lacks_something_each_time_is_given_up(store: Store) -> None:
    async def prepare() -> None: ...

    def work(txn: Transaction) -> None:
        raise NotYet(prepare)

    given_up = store.write(work)

    assert isinstance(given_up.error, MatrixError)


def test_what_keeps_work_from_being_prepared_is_its_outcome(store: Store) -> None:
    async def prepare() -> None:
        raise LookupError("nothing to be had")

    def work(txn: Transaction) -> None:
        raise NotYet(prepare)

    assert isinstance(store.write(work).error, LookupError)
