from collections.abc import Iterator

import pytest

from tests.resolution.synapse_peer import Synapse, synapse_running


@pytest.fixture(scope="session")
def synapse() -> Iterator[Synapse]:
    with synapse_running() as running:
        yield running
