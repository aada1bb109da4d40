"""A PostgreSQL that loses nothing, for those who are killed."""

from collections.abc import Iterator

import pytest

from tests.postgres import PostgresServer, running_server


@pytest.fixture(scope="module")
def durable_postgres() -> Iterator[PostgresServer]:
    with running_server(durable=True) as server:
        yield server
