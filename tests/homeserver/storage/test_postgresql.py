"""What only PostgreSQL can do to us: lose connections, restart, refuse statements."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from homeserver.storage.dialects import postgresql
from homeserver.storage.dialects.postgresql import (
    OutcomeUnknown,
    PostgresqlDialect,
    PostgresqlWriter,
)
from homeserver.storage.dialects.translation import as_multi_row, as_schema, with_placeholders
from tests.homeserver.storage.held import Store, add, add_now
from tests.postgres import PostgresServer


class Killer:
    """An administrator's own connection."""

    def __init__(self, dsn: str) -> None:
        self._raw = psycopg2.connect(dsn, application_name="killer")
        self._raw.autocommit = True

    def kills_all(self) -> int:
        """End every connection of ours, wait until they are gone; how many there were."""
        ours = """
            FROM pg_stat_activity
            WHERE application_name = 'isthmus' AND datname = current_database()
        """
        with self._raw.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(pg_terminate_backend(pid)) {ours}")
            (count,) = cursor.fetchone() or (0,)
            left = count
            while left:
                cursor.execute(f"SELECT COUNT(*) {ours}")
                (left,) = cursor.fetchone() or (0,)
        return int(count)

    def close(self) -> None:
        self._raw.close()


@pytest.fixture
def killer(postgres: PostgresServer) -> Iterator[Killer]:
    killer = Killer(postgres.clean_database())
    yield killer
    killer.close()


# -- lost connections


def test_a_writer_that_was_cut_off_while_idle_goes_on(
    postgresql_store: Store, killer: Killer
) -> None:
    postgresql_store.write(add, "before")
    assert killer.kills_all() >= 1

    assert postgresql_store.write(add, "after").error is None
    assert postgresql_store.names() == ["after", "before"]


def test_a_batch_that_was_cut_off_half_way_is_written_once(
    postgresql_store: Store, killer: Killer
) -> None:
    kills: list[int] = []

    def kills_once(txn: Any) -> int:
        add_now(txn, "killer")
        if not kills:
            kills.append(killer.kills_all())
        return add(txn, "behind")

    before, killing, after = postgresql_store.batch(
        lambda txn: add_now(txn, "first"), kills_once, lambda txn: add_now(txn, "last")
    )

    assert (before.error, killing.error, after.error) == (None, None, None)
    assert postgresql_store.names() == ["behind", "first", "killer", "last"]
    assert len(postgresql_store.news) == 1, "nothing of the first try was announced"


def test_work_that_always_loses_the_connection_fails_alone(
    postgresql_store: Store, killer: Killer
) -> None:
    tries: list[int] = []

    def always_kills(txn: Any) -> None:
        tries.append(killer.kills_all())
        txn.query("SELECT 1")

    good, bad = postgresql_store.batch(lambda txn: add(txn, "good"), always_kills)

    assert good.error is None and isinstance(bad.error, psycopg2.Error)
    assert len(tries) <= 3
    assert postgresql_store.write(add, "later").error is None
    assert postgresql_store.names() == ["good", "later"]


@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_whose_answer_was_lost_is_asked_about(
    postgresql_store: Store,
    killer: Killer,
    monkeypatch: pytest.MonkeyPatch,
    committed: bool,
) -> None:
    """Written once in both cases: neither lost nor doubled."""
    commit = PostgresqlWriter.commit

    def loses_the_answer(writer: PostgresqlWriter) -> None:
        monkeypatch.setattr(PostgresqlWriter, "commit", commit)
        if committed:
            commit(writer)
        killer.kills_all()
        writer.is_committing = True
        writer.query("SELECT 1", ())

    def counts(txn: Any) -> int:
        return add(txn, f"thing {txn.position}")

    monkeypatch.setattr(PostgresqlWriter, "commit", loses_the_answer)
    result = postgresql_store.write(counts)

    assert result.error is None
    assert len(postgresql_store.names()) == 1
    assert [change.position for change in postgresql_store.news] == [result.value]
    assert postgresql_store.write(counts).value > result.value


def test_a_restart_during_a_commit_leaves_no_promise(
    postgresql_store: Store, killer: Killer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash the number of a transaction may mean another one: better to start anew."""

    def restarts(writer: PostgresqlWriter) -> None:
        writer.is_committing, writer.server_start = True, None
        killer.kills_all()
        writer.query("SELECT 1", ())

    monkeypatch.setattr(PostgresqlWriter, "commit", restarts)
    with pytest.raises(SystemExit) as ended:
        postgresql_store.database.write(add, "who knows")
    assert isinstance(ended.value.__cause__, OutcomeUnknown)


def test_a_commit_that_became_a_rollback_is_an_error(postgresql_store: Store) -> None:
    writer = postgresql_store.database._writer
    writer.begin_write()
    with pytest.raises(psycopg2.Error):
        writer.query("SELECT nonsense", ())

    assert not writer.can_commit()
    with pytest.raises(postgresql.NotCommitted):
        writer.commit()


def test_reads_survive_lost_connections(postgresql_store: Store, killer: Killer) -> None:
    postgresql_store.write(add, "thing")
    for _ in range(3):
        assert postgresql_store.names() == ["thing"]
        assert killer.kills_all() >= 1

    assert postgresql_store.names() == ["thing"]


def test_a_read_that_is_cut_off_in_the_middle_is_read_again(
    postgresql_store: Store, killer: Killer
) -> None:
    kills: list[int] = []

    def reads(txn: Any) -> list[Any]:
        txn.query("SELECT 1")
        if not kills:
            kills.append(killer.kills_all())
        return [row[0] for row in txn.query("SELECT name FROM things")]

    postgresql_store.write(add, "thing")
    assert postgresql_store.read(reads).value == ["thing"]


def test_a_database_that_does_not_come_back_ends_the_process(
    postgresql_store: Store, killer: Killer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: Any, **__: Any) -> None:
        raise psycopg2.OperationalError("connection refused")

    monkeypatch.setattr(postgresql, "RETURN_SECONDS", 0.0)
    killer.kills_all()
    monkeypatch.setattr(psycopg2, "connect", refuses)
    with pytest.raises(SystemExit):
        postgresql_store.database.write(add, "thing")


def test_a_killed_process_lets_the_next_one_in(postgres: PostgresServer, killer: Killer) -> None:
    dsn = postgres.clean_database()
    first = Store(PostgresqlDialect(dsn))
    killer.kills_all()

    Store(PostgresqlDialect(dsn)).close()
    first.close()


# -- journeys


class Journeys:
    """Counts what goes to the server and back."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self.count = 0

    def execute(self, *statement: Any) -> None:
        self.count += 1
        self._cursor.execute(*statement)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


@pytest.mark.parametrize(("work", "most"), [(add, 2), (add_now, 3)])
def test_what_nobody_waits_for_travels_with_the_next_statement(
    postgresql_store: Store, work: Any, most: int
) -> None:
    """The begin asks for a number; rows, savepoints and the commit share the other journeys."""
    writer: Any = postgresql_store.database._writer
    writer._cursor = journeys = Journeys(writer._cursor)

    assert postgresql_store.write(work, "thing").error is None

    assert journeys.count == most
    assert postgresql_store.names() == ["thing"]


# -- translation


def test_placeholders_and_percent_signs() -> None:
    assert (
        with_placeholders("SELECT a % 2 FROM b WHERE c = ?") == "SELECT a %% 2 FROM b WHERE c = %s"
    )


def test_types_of_the_schema() -> None:
    sql = "CREATE TABLE a (b INTEGER PRIMARY KEY, c BLOB, INTEGERS TEXT)"

    assert as_schema(sql) == "CREATE TABLE a (b BIGINT PRIMARY KEY, c BYTEA, INTEGERS TEXT)"


def test_an_insert_takes_many_rows_at_once() -> None:
    multi = as_multi_row("INSERT INTO a (b, c, d) VALUES (?, 0, ?) ON CONFLICT DO NOTHING")

    assert multi is not None
    assert multi.statement == "INSERT INTO a (b, c, d) VALUES %s ON CONFLICT DO NOTHING"
    assert multi.template == "(%s, 0, %s)"
    assert list(multi.parts([(1, 2), (1, 2)])) == [[(1, 2), (1, 2)]]


def test_an_upsert_takes_no_key_twice() -> None:
    multi = as_multi_row(
        "INSERT INTO a (b, c, d) VALUES (?, 7, ?) ON CONFLICT (c, d) DO UPDATE SET b = excluded.b"
    )

    assert multi is not None and multi.key == (1,)
    rows = [(1, "x"), (2, "y"), (3, "x"), (4, "z"), (5, "x")]
    assert list(multi.parts(rows)) == [rows[:2], rows[2:4], rows[4:]]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE a SET b = ? WHERE c = ?",
        "INSERT INTO a (b) SELECT ?",
        "INSERT INTO a (b) VALUES (lower(?))",
        "INSERT INTO a (b) VALUES (?) ON CONFLICT (b) DO UPDATE SET c = ?",
        "DELETE FROM a WHERE b = ?",
    ],
)
def test_what_is_no_plain_insert_goes_row_by_row(sql: str) -> None:
    assert as_multi_row(sql) is None


def test_literals_and_quotes_within_a_row_stay(postgresql_store: Store) -> None:
    def adds(txn: Any) -> None:
        for name in ("50%", "it's"):
            txn.insert("INSERT INTO things (name, number) VALUES (?, 7)", name)

    assert postgresql_store.write(adds).error is None
    assert postgresql_store.names() == ["50%", "it's"]
