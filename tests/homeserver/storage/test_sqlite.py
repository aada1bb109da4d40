"""What SQLite must promise: on the disk before it is answered, one process at a time."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from homeserver.storage.dialects import sqlite
from homeserver.storage.dialects.sqlite import DatabaseInUse, SqliteDialect
from tests.homeserver.storage.held import Store, add, add_now


def test_every_commit_reaches_the_disk(sqlite_store: Store) -> None:
    """Under load group commit pays for it, so nobody needs to turn it off."""
    for writer in (True, False):
        connection = sqlite_store.dialect.connect(writer=writer)
        assert connection.query("PRAGMA synchronous", ()) == [(2,)]
        assert connection.query("PRAGMA journal_mode", ()) == [("wal",)]
        connection.close()


def test_a_reader_cannot_write_even_by_mistake(sqlite_store: Store) -> None:
    reader = sqlite_store.dialect.connect(writer=False)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM things", ())
    reader.close()


def test_readers_do_not_wait_for_the_writer(sqlite_store: Store) -> None:
    sqlite_store.write(add, "before")
    sqlite_store.threads.held = True
    sqlite_store.write(add_now, "not committed yet")

    reading = sqlite_store.result(
        sqlite_store.database.glance(lambda txn: txn.query("SELECT name FROM things"))
    )
    assert reading == [("before",)]


def test_a_full_disk_breaks_one_batch_and_nothing_else(sqlite_store: Store) -> None:
    """SQLite ends the whole transaction then: what others had written is written again."""
    writer: Any = sqlite_store.database._writer
    (pages,) = writer.query("PRAGMA page_count", ())[0]
    writer.query(f"PRAGMA max_page_count = {pages + 20}", ())

    small, huge, other = sqlite_store.batch(
        lambda txn: add_now(txn, "small"),
        lambda txn: add_now(txn, "x" * 1_000_000),
        lambda txn: add_now(txn, "other"),
    )

    assert small.error is None and other.error is None
    assert "full" in str(huge.error)
    assert sqlite_store.names() == ["other", "small"]


def test_the_lock_goes_with_the_process_not_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "homeserver.db"
    first = Store(SqliteDialect(path))

    with pytest.raises(DatabaseInUse, match=r"homeserver\.db\.lock"):
        Store(SqliteDialect(path))
    first.close()
    assert path.with_name("homeserver.db.lock").exists()
    Store(SqliteDialect(path)).close()


def test_a_log_of_full_length_holds_what_was_committed(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "USED_BYTES", 0)
    sqlite_store.write(add, "before")
    sqlite_store.close()
    store = Store(SqliteDialect(tmp_path / "test.db"))
    log = tmp_path / "test.db-wal"
    laid_out = log.stat().st_size
    assert laid_out >= sqlite.LOG_PAGES * sqlite.LOG_FRAME

    store.write(add, "after")

    assert log.stat().st_size == laid_out
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for name in ("test.db", "test.db-wal"):
        shutil.copy(tmp_path / name, crashed)
    survivor = Store(SqliteDialect(crashed / "test.db"))
    assert survivor.names() == ["after", "before"]
    survivor.close()
    store.close()
