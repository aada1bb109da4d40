"""Which servers the suites of real clients talk to."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.started_server import Homeserver, started_homeserver

RUNNING = os.environ.get("ISTHMUS_TEST_BASE_URL")
"""A server that runs already, to be used instead of ours on each database."""


@pytest.fixture(scope="session", params=["running"] if RUNNING else ["sqlite", "postgresql"])
def homeserver(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Homeserver]:
    """A server with open registration and no rate limits, shared by the suite."""
    if RUNNING:
        yield Homeserver(RUNNING.rstrip("/"), os.environ.get("ISTHMUS_TEST_SHARED_SECRET", ""))
        return
    directory = tmp_path_factory.mktemp(request.param)
    with started_homeserver(directory, database(request, directory)) as server:
        yield server


def database(request: pytest.FixtureRequest, directory: Path) -> dict[str, str]:
    if request.param == "sqlite":
        return {"engine": "sqlite", "path": str(directory / "homeserver.db")}
    return {"engine": "postgresql", "dsn": request.getfixturevalue("postgres").new_database()}
