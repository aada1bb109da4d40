"""Migrations go forward, all or nothing."""

from collections.abc import Callable

import pytest

from homeserver.storage import one_time_keys, schema
from homeserver.storage.dialects.dialect import Dialect
from homeserver.storage.schema import SchemaTooNew, statements
from homeserver.storage.transaction import Transaction
from tests.homeserver.storage.held import Store, add


def applied(store: Store) -> list[int]:
    rows = store.read(lambda txn: txn.query("SELECT number FROM migrations ORDER BY number"))
    return [number for (number,) in rows.value]


def test_a_new_database_has_every_migration(open_fresh_store: Callable[..., Store]) -> None:
    store = open_fresh_store()
    assert applied(store) == sorted(schema.migrations())
    assert applied(store) == list(range(1, len(applied(store)) + 1)), "numbered without a hole"


def test_each_migration_is_applied_once(open_fresh_store: Callable[..., Store]) -> None:
    open_fresh_store().write(add, "kept")

    store = open_fresh_store()
    assert store.names() == ["kept"]
    assert applied(store) == sorted(schema.migrations())


def test_a_database_from_the_future_is_refused_and_left_alone(
    open_fresh_store: Callable[..., Store],
) -> None:
    store = open_fresh_store()
    sql = "INSERT INTO migrations (number, name) VALUES (?, ?)"
    store.write(lambda txn: txn.execute(sql, 9999, "9999_flying_rooms.sql"))

    for _ in range(2):  # Refusing leaves no lock behind.
        with pytest.raises(SchemaTooNew, match="9999"):
            open_fresh_store()


def test_a_failing_migration_changes_nothing(
    open_fresh_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = applied(open_fresh_store())
    known = schema.migrations()
    apply = schema.apply

    def apply_new(txn: Transaction, dialect: Dialect, number: int, name: str) -> None:
        if number == 9998:
            txn.execute("CREATE TABLE half_done (number INTEGER)")
        elif number == 9999:
            txn.execute("CREATE NONSENSE")
        else:
            apply(txn, dialect, number, name)

    monkeypatch.setattr(
        schema, "migrations", lambda: {**known, 9998: "9998_a.sql", 9999: "9999_b.sql"}
    )
    monkeypatch.setattr(schema, "apply", apply_new)
    with pytest.raises(Exception, match=r"(?i)syntax error"):
        open_fresh_store()
    monkeypatch.undo()

    store = open_fresh_store()
    assert applied(store) == before
    assert store.read(lambda txn: txn.query("SELECT * FROM half_done")).error is not None


def test_statements_end_at_the_end_of_a_line() -> None:
    text = "-- one; two\nCREATE TABLE a (\n  -- inside\n  b INTEGER\n);\n\nSELECT 1;\n"

    assert statements(text) == ["CREATE TABLE a (\n  b INTEGER\n)", "SELECT 1"]


def test_every_table_and_index_is_made_on_both_databases(store: Store) -> None:
    """A probe for words that one database knows and the other does not."""
    for name in ("rooms", "events", "state_nodes", "accounts", "to_device"):
        assert (
            store.read(lambda txn, table=name: txn.query(f"SELECT * FROM {table} LIMIT 1")).value
            == []
        )


def test_keys_that_waited_one_by_one_wait_on_together(
    open_fresh_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = schema.migrations()
    (batches,) = (number for number, name in known.items() if name.endswith("_key_batches.sql"))
    older = {number: name for number, name in known.items() if number < batches}
    monkeypatch.setattr(schema, "migrations", lambda: older)
    store = open_fresh_store()
    sql = """
        INSERT INTO one_time_keys
            (position, user_id, device_id, algorithm, key_id, fingerprint, key)
        VALUES (?, '@a:test', 'A', 'plain', ?, ?, ?)
        """
    for position, id in ((5, "second"), (3, "first"), (7, 'odd"')):
        store.write(lambda txn, *row: txn.execute(sql, *row), position, id, b"\1", '{"key":"ä"}')
    monkeypatch.undo()

    store = open_fresh_store()

    wanted = [one_time_keys.Wanted("@a:test", "A", "plain")]
    claimed = [store.write(one_time_keys.claim, wanted).value for _ in range(3)]
    assert [[key.key.decode() for key in keys] for keys in claimed] == [
        ['{"plain:first":{"key":"ä"}}'],
        ['{"plain:second":{"key":"ä"}}'],
        [],
    ]
