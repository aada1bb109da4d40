"""Two servers, alice on one and bob on the other."""

from pathlib import Path

import pytest

from tests.homeserver.delivery.test_between_servers import DeliveringServer, start
from tests.linked_servers import Network
from tests.people import Person


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def servers(quick_path: Path, network: Network) -> list[DeliveringServer]:
    return [start(quick_path, name, network) for name in ("a", "b")]


@pytest.fixture
def alice(servers: list[DeliveringServer]) -> Person:
    return servers[0].person("alice", initial_device_display_name="Phone")


@pytest.fixture
def bob(servers: list[DeliveringServer]) -> Person:
    return servers[1].person("bob")
