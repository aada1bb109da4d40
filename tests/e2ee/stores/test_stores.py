"""What every store must do, and one more each."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2ee.errors import StoreInUse, StoreTooNew
from e2ee.store import Change, Store
from e2ee.stores.memory import MemoryStore
from e2ee.stores.postgresql import PostgresqlStore
from e2ee.stores.sqlite import SqliteStore
from tests.e2ee.simulation import Person, SimulatedServer, encrypted_room, until_quiet

Open = Callable[[str], Store]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the store of an account; again and again the same one."""
    opened: dict[str, Store] = {}
    in_memory: dict[str, MemoryStore] = {}

    def open(account: str) -> Store:
        store: Store
        if account in opened:
            opened[account].close()
        if request.param == "memory":
            store = in_memory.setdefault(account, MemoryStore())
        elif request.param == "sqlite":
            store = SqliteStore(tmp_path / "e2ee.db", account)
        else:
            store = PostgresqlStore(request.getfixturevalue("postgresql_dsn"), account)
        opened[account] = store
        return store

    if request.param == "postgresql":
        request.getfixturevalue("postgresql_dsn")
    yield open
    for store in opened.values():
        store.close()


def test_what_was_written_is_there_when_it_is_opened_again(open_store: Open) -> None:
    open_store("a").apply([Change("kind", "key", b"\x00value")])
    again = open_store("a")
    assert again.get("kind", "key") == b"\x00value"
    assert again.get("kind", "other") is None
    assert again.get("other", "key") is None


def test_the_last_word_counts_within_a_step_and_after(open_store: Open) -> None:
    store = open_store("a")
    store.apply([Change("k", "1", b"a"), Change("k", "1", b"b"), Change("k", "2", b"c")])
    store.apply([Change("k", "2", None), Change("k", "absent", None)])
    assert store.find("k") == [("1", b"b")]
    store.apply([])
    store.apply([Change("k", "1", None), Change("k", "1", b"again")])
    assert store.get("k", "1") == b"again"


def test_records_are_found_by_the_beginning_of_their_keys_in_order(open_store: Open) -> None:
    store = open_store("a")
    keys = ["b/2", "b/10", "b", "c/1", "b/é", "B/1", "b0", "b/_", "b/%"]
    store.apply([Change("k", key, key.encode()) for key in keys])
    expected = sorted(key for key in keys if key.startswith("b/"))
    assert store.find("k", "b/") == [(key, key.encode()) for key in expected]
    assert [key for key, _ in store.find("k")] == sorted(keys)
    assert store.find("none") == []


def test_accounts_are_kept_apart(open_store: Open) -> None:
    ours, theirs = open_store("@a:x DEV"), open_store("@b:x DEV")
    ours.apply([Change("k", "1", b"ours")])
    theirs.apply([Change("k", "1", b"theirs")])
    assert (ours.get("k", "1"), theirs.get("k", "1")) == (b"ours", b"theirs")


def test_a_step_that_fails_leaves_nothing(open_store: Open) -> None:
    store = open_store("a")
    store.apply([Change("k", "1", b"before")])

    def breaking() -> Iterator[Change]:
        yield Change("k", "1", b"after")
        raise RuntimeError("the power went")

    if not isinstance(store, MemoryStore):
        with pytest.raises(RuntimeError):
            store.apply(breaking())
    assert store.get("k", "1") == b"before"
    store.apply([Change("k", "2", b"goes on")])
    assert store.get("k", "2") == b"goes on"


def test_a_store_that_is_open_is_not_opened_again(tmp_path: Path, postgresql_dsn: str) -> None:
    """Also not by another thread or process; but next to it, for another device."""
    openings: list[Callable[[str], Store]] = [
        lambda account: SqliteStore(tmp_path / "e2ee.db", account),
        lambda account: PostgresqlStore(postgresql_dsn, account),
    ]
    for open in openings:
        store, other = open("a"), open("b")
        with pytest.raises(StoreInUse):
            open("a")
        store.close()
        open("a").close()
        other.close()


def test_a_device_lives_on_in_every_store(open_store: Open) -> None:
    """A conversation, a restart, and the conversation goes on."""
    server = SimulatedServer()
    alice = Person(server, "@alice:test", "A", store=open_store("alice")).settles()
    bob = Person(server, "@bob:test", "B", store=open_store("bob")).settles()
    encrypted_room(server, "@alice:test", "@bob:test")
    until_quiet(alice, bob)
    alice.says("one")
    until_quiet(alice, bob)
    for person, account in ((alice, "alice"), (bob, "bob")):
        person.store = open_store(account)
        person.restarts()
    bob.says("two")
    until_quiet(alice, bob)
    assert alice.read() == bob.read() == ["one", "two"]


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "e2ee.db"
    SqliteStore(path, "a").close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE e2ee_schema SET version = 99")
    connection.close()
    with pytest.raises(StoreTooNew, match="99"):
        SqliteStore(path, "a")


def test_devices_of_one_process_share_a_connection_and_nothing_else(open_store: Open) -> None:
    first = open_store("a")
    if isinstance(first, MemoryStore):
        return
    assert isinstance(first, SqliteStore | PostgresqlStore)
    second = first.beside("b")
    first.apply([Change("k", "1", b"a")])
    second.apply([Change("k", "1", b"b")])
    second.close()
    assert (first.get("k", "1"), first.beside("b").get("k", "1")) == (b"a", b"b")
    assert second.find("k") == [("1", b"b")]
