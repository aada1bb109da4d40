"""A started server with pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.started_server import free_port, started_homeserver


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with pages."""
    yield from started(tmp_path_factory.mktemp("server"), "127.0.0.1")


@pytest.fixture(scope="module")
def named_base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One with a name: passkeys are bound to names."""
    yield from started(tmp_path_factory.mktemp("named"), "localhost")


def started(folder: Path, host: str) -> Iterator[str]:
    port = free_port()
    database = {"engine": "sqlite", "path": str(folder / "homeserver.db")}
    url = f"http://{host}:{port}"
    listener = {"port": port, "bind_addresses": ["127.0.0.1"], "resources": ["client"]}
    with started_homeserver(folder, database, public_baseurl=url, listeners=[listener]):
        yield url
