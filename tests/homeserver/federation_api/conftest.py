"""Servers that know each other."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeserver.config.storage import Database, PostgresqlDatabase, SqliteDatabase
from tests.federation import LinkedServer, Network, linked_servers
from tests.postgres import PostgresServer

Link = Callable[..., list[LinkedServer]]


@pytest.fixture
def link(quick_path: Path, request: pytest.FixtureRequest) -> Iterator[Link]:
    """Start servers with these names; on PostgreSQL where a test names it as parameter."""
    started: list[LinkedServer] = []

    def database(name: str) -> Database:
        if getattr(request, "param", "sqlite") == "sqlite":
            return SqliteDatabase(path=quick_path / f"{name}.db")
        postgres: PostgresServer = request.getfixturevalue("postgres")
        return PostgresqlDatabase(dsn=postgres.new_database())

    def start(*names: str) -> list[LinkedServer]:
        started.extend(linked_servers(quick_path, map(database, names), *names))
        return started

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def pair(link: Link) -> list[LinkedServer]:
    return link("a", "b")


@pytest.fixture
def network(pair: list[LinkedServer]) -> Network:
    return pair[0].sender.network
