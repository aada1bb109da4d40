"""A started server with pages."""

from collections.abc import Iterator

import pytest

from tests.clients.started_server import free_port, started_homeserver


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with pages."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    database = {"engine": "sqlite", "path": str(folder / "homeserver.db")}
    url = f"http://127.0.0.1:{port}"
    listener = {"port": port, "bind_addresses": ["127.0.0.1"], "resources": ["client"]}
    with started_homeserver(folder, database, public_baseurl=url, listeners=[listener]):
        yield url
