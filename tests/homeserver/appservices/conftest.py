from collections.abc import Iterator
from pathlib import Path

import pytest

from homeserver.config.settings import Settings
from tests.homeserver.appservices.bridge import Bridge, World
from tests.internet import Internet


@pytest.fixture
def world(settings: Settings, internet: Internet, tmp_path: Path) -> Iterator[World]:
    world = World(settings, internet, tmp_path)
    yield world
    world.server.stop()


@pytest.fixture
def bridge(world: World) -> Bridge:
    """One bridge beside a homeserver that runs."""
    bridge = world.adds()
    world.starts()
    return bridge
