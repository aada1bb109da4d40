"""Nothing that is kept about people is forgotten when it is exported, or when they are erased."""

import pytest

from homeserver.storage.all_holdings import EVENTS, LISTED, NOT_OF_PEOPLE, REASONS
from homeserver.storage.transaction import Transaction
from tests.outcomes import outcome
from tests.people import Server

EVERYTHING = (*LISTED, EVENTS)
SEARCH = "search_index"
OF_TESTS = {"things"}
"""Made by the tests of the database itself, with which these share one on PostgreSQL."""


def columns(txn: Transaction, dialect: str) -> dict[str, set[str]]:
    """By table, but for what the search index of SQLite consists of."""
    if dialect == "postgresql":
        rows = txn.query(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = current_schema()"
        )
    else:
        rows = txn.query(
            "SELECT m.name, i.name FROM sqlite_master AS m, pragma_table_info(m.name) AS i "
            "WHERE m.type = 'table'"
        )
    found: dict[str, set[str]] = {}
    for table, column in rows:
        if not table.startswith((f"{SEARCH}_", "sqlite_")):
            found.setdefault(table, set()).add(column)
    return found


@pytest.fixture
def schema(server: Server) -> dict[str, set[str]]:
    database = server.app.database
    return outcome(database.read(columns, database.dialect.name))


def test_every_table_is_known_here(schema: dict[str, set[str]]) -> None:
    """Whoever adds a table says in storage/all_holdings.py what it holds of people."""
    impersonal = {table for some in NOT_OF_PEOPLE.values() for table in some.split()}

    assert schema.keys() - {it.table for it in EVERYTHING} - impersonal <= OF_TESTS
    assert {it.table for it in EVERYTHING} & impersonal == set()


def test_every_column_is_shown_or_withheld(schema: dict[str, set[str]]) -> None:
    for it in EVERYTHING:
        assert set(it.shown) | it.withheld == schema[it.table], it.title
        assert not set(it.shown) & it.withheld, it.title


def test_what_stays_has_a_reason_and_titles_are_unique() -> None:
    assert {it.kept for it in EVERYTHING} - {None} == set(REASONS)
    titles = [it.title for it in EVERYTHING]
    assert len(titles) == len(set(titles))
