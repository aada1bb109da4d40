"""Several servers in one network."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from homeserver.config.accounts import Passwords, Registration
from homeserver.config.limits import RateLimits
from homeserver.config.settings import Settings
from tests.homeserver.peers.neighbours import Neighbours
from tests.internet import Internet


@pytest.fixture
def neighbours(internet: Internet, tmp_path: Path) -> Iterator[Neighbours]:
    settings = Settings(
        server_name="unnamed",
        registration=Registration(enabled=True),
        passwords=Passwords(hash_memory=8 * 1024, hash_passes=1),
        rate_limits=RateLimits(enabled=False),
    )
    neighbours = Neighbours(internet, settings, tmp_path)
    yield neighbours
    neighbours.stop()
