"""Fixtures for everybody: a homeserver in memory, on either database."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from homeserver.config.accounts import Passwords, Registration
from homeserver.config.limits import RateLimits
from homeserver.config.media import Media
from homeserver.config.network import Federation
from homeserver.config.settings import Settings
from homeserver.config.storage import Database, PostgresqlDatabase, SqliteDatabase
from tests.linked_servers import LinkedServer, Network, linked_servers
from tests.people import Server
from tests.postgres import PostgresServer, running_server

Link = Callable[..., list[LinkedServer]]

SHARED_SECRET = "a secret of the tests"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL server for the whole run; started when the first test needs it."""
    with running_server() as server:
        yield server


@pytest.fixture
def postgresql_dsn(postgres: PostgresServer) -> Iterator[str]:
    """A fresh, empty database, gone after the test."""
    dsn = postgres.new_database()
    yield dsn
    postgres.drop_database(dsn)


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: hundreds of databases need not reach a disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="isthmus-", dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_settings(request: pytest.FixtureRequest, quick_path: Path) -> Database:
    """Each kind of database in turn, empty."""
    if request.param == "sqlite":
        return SqliteDatabase(path=quick_path / "homeserver.db")
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return PostgresqlDatabase(dsn=postgres.clean_database(alone=True))


@pytest.fixture
def settings(database_settings: Database, tmp_path: Path, quick_path: Path) -> Settings:
    """What a test's homeserver runs with; `Server(evolve(settings, ...))` for another."""
    return Settings(
        server_name="test",
        database=database_settings,
        signing_key_path=tmp_path / "signing.key",
        media=Media(store_path=quick_path / "media", keep_free=0),
        registration=Registration(enabled=True, shared_secret=SHARED_SECRET),
        # Cheap hashes: what they resist is tested where passwords are.
        passwords=Passwords(hash_memory=8 * 1024, hash_passes=1),
        rate_limits=RateLimits(enabled=False),
        # Alone in the world; tests.linked_servers brings servers that are not.
        federation=Federation(enabled=False),
    )


@pytest.fixture
def start_server(settings: Settings) -> Iterator[Callable[..., Server]]:
    """Start a homeserver with changed settings; again: start it anew on the same database."""
    running: list[Server] = []

    def start(**changes: Any) -> Server:
        if running:
            running.pop().stop()
        running.append(Server(evolve(settings, **changes)))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    return start_server()


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
