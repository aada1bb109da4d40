"""Interned names."""

from collections.abc import Callable

import pytest

from homeserver.storage import names
from homeserver.storage.transaction import Transaction
from tests.homeserver.storage.held import Store


def test_a_name_keeps_its_number_for_ever(open_store: Callable[..., Store]) -> None:
    store = open_store()
    number = store.write(names.intern, "@alice:test").value

    assert store.write(names.intern, "@alice:test").value == number
    assert store.read(names.find, "@alice:test").value == number
    restarted = open_store()
    assert restarted.read(names.name_of, number).value == "@alice:test"
    assert restarted.write(names.intern, "@alice:test").value == number


def test_known_names_need_no_rows(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    number = store.write(names.intern, "!room:test").value
    monkeypatch.setattr(store.database, "_borrow", lambda: pytest.fail("asked the database"))

    assert store.result(store.database.glance(names.find, "!room:test")) == number
    assert store.result(store.database.glance(names.name_of, number)) == "!room:test"


def test_unknown_names_and_numbers(store: Store) -> None:
    assert store.read(names.find, "nobody").value is None
    assert isinstance(store.read(names.name_of, 12345).error, KeyError)


def test_a_name_whose_work_failed_gets_its_number_from_the_next(store: Store) -> None:
    def fails(txn: Transaction) -> None:
        names.intern(txn, "m.room.message")
        raise LookupError

    _, number, again = store.batch(
        fails,
        lambda txn: names.intern(txn, "m.room.message"),
        lambda txn: names.intern(txn, "m.room.message"),
    )

    assert number.value == again.value
    assert store.read(lambda txn: txn.query("SELECT id FROM names")).value == [(number.value,)]
    assert store.memory.name_ids.get("m.room.message") == number.value


def test_of_many_names_the_known_ones_are_found(store: Store) -> None:
    first, second = (store.write(names.intern, name).value for name in ("a", "b"))
    store.memory.name_ids.drop("a", store.memory.commits)

    found = store.read(names.find_many, ["a", "b", "c"]).value
    assert found == {"a": first, "b": second}
