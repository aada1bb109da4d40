"""A homeserver among others, on either database."""

from collections.abc import Callable
from typing import Any

import pytest

from homeserver.config.network import Federation
from tests.homeserver.delivery.world import Home, Others
from tests.people import Server


@pytest.fixture
def others() -> Others:
    return Others()


@pytest.fixture
def start_home(start_server: Callable[..., Server], others: Others) -> Callable[..., Home]:
    """Start our server; again: as after a crash, on the same database."""

    def start(**changes: Any) -> Home:
        return Home.start(start_server(**{"federation": Federation(), **changes}), others)

    return start


@pytest.fixture
def home(start_home: Callable[..., Home]) -> Home:
    return start_home()
