"""A network in memory for the tests of what goes out."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from homeserver.config.settings import Settings
from tests.certificates import Authority
from tests.internet import Internet
from tests.post_office import PostOffice


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder: Path = tmp_path_factory.mktemp("authority")
    return Authority(folder)


@pytest.fixture
def internet(authority: Authority) -> Internet:
    return Internet(authority)


@pytest.fixture
def open_post_office(settings: Settings, internet: Internet) -> Iterator[Callable[..., PostOffice]]:
    """Start a homeserver that sends letters, with changed settings."""
    opened: list[PostOffice] = []

    def start(**changes: Any) -> PostOffice:
        opened.append(PostOffice.of(settings, internet, **changes))
        return opened[-1]

    yield start
    for office in opened:
        office.server.stop()


@pytest.fixture
def office(open_post_office: Callable[..., PostOffice]) -> PostOffice:
    return open_post_office()
