"""Databases without a homeserver around them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from homeserver.storage.dialects.postgresql import PostgresqlDialect
from homeserver.storage.dialects.sqlite import SqliteDialect
from tests.homeserver.storage.held import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Opens the test's database; each call after the first as a restarted process would."""
    opened: list[Store] = []
    if request.param == "sqlite":
        make: Callable[[], Any] = lambda: SqliteDialect(tmp_path / "test.db")  # noqa: E731
    else:
        dsn = request.getfixturevalue("postgresql_dsn")
        make = lambda: PostgresqlDialect(dsn)  # noqa: E731

    def open_again(**options: Any) -> Store:
        if opened:
            opened.pop().close()
        opened.append(Store(make(), **options))
        return opened[-1]

    yield open_again
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., Store]) -> Store:
    """A database with a table `things`, whose threads stand still until they are told to go."""
    return open_store()


@pytest.fixture
def postgresql_store(postgresql_dsn: str) -> Iterator[Store]:
    store = Store(PostgresqlDialect(postgresql_dsn))
    yield store
    store.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    store = Store(SqliteDialect(tmp_path / "test.db"))
    yield store
    store.close()
