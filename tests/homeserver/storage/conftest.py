"""Databases without a homeserver around them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from homeserver.storage.dialects.dialect import Dialect
from homeserver.storage.dialects.postgresql import PostgresqlDialect
from homeserver.storage.dialects.sqlite import SqliteDialect
from tests.homeserver.storage.held import Store
from tests.postgres import PostgresServer

OpenStore = Callable[[], Store]


@contextmanager
def reopening(make: Callable[[], Dialect]) -> Iterator[OpenStore]:
    """Opens a database; each call after the first as a restarted process would."""
    opened: list[Store] = []

    def open_again() -> Store:
        if opened:
            opened.pop().close()
        opened.append(Store(make()))
        return opened[-1]

    yield open_again
    for store in opened:
        store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def open_store(request: pytest.FixtureRequest, quick_path: Path) -> Iterator[OpenStore]:
    """Opens the test's database, without rows but perhaps with tables."""
    if request.param == "sqlite":
        with reopening(lambda: SqliteDialect(quick_path / "test.db")) as open_again:
            yield open_again
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    dsn = postgres.clean_database(alone=True)
    with reopening(lambda: PostgresqlDialect(dsn)) as open_again:
        yield open_again


@pytest.fixture(params=["sqlite", "postgresql"])
def open_fresh_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Opens a database that nobody has used, and nobody will."""
    if request.param == "sqlite":
        with reopening(lambda: SqliteDialect(tmp_path / "test.db")) as open_again:
            yield open_again
        return
    dsn: str = request.getfixturevalue("postgresql_dsn")
    with reopening(lambda: PostgresqlDialect(dsn)) as open_again:
        yield open_again


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    """A database with a table `things`, whose threads stand still until they are told to go."""
    return open_store()


@pytest.fixture
def postgresql_store(postgres: PostgresServer) -> Iterator[Store]:
    store = Store(PostgresqlDialect(postgres.clean_database(alone=True)))
    yield store
    store.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    store = Store(SqliteDialect(tmp_path / "test.db"))
    yield store
    store.close()
