"""The server of this suite, and the conversations' people."""

from collections.abc import Iterator

import pytest

from tests.clients.started_server import Homeserver, started_homeserver
from tests.clients.test_js_sdk import node, sdk

__all__ = ["homeserver", "node", "sdk"]


@pytest.fixture(scope="session")
def homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    directory = tmp_path_factory.mktemp("server")
    database = {"engine": "sqlite", "path": str(directory / "homeserver.db")}
    with started_homeserver(directory, database) as server:
        yield server
