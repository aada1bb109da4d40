"""A network in memory for the tests of what goes out."""

from pathlib import Path

import pytest

from tests.certificates import Authority
from tests.internet import Internet


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder: Path = tmp_path_factory.mktemp("authority")
    return Authority(folder)


@pytest.fixture
def internet(authority: Authority) -> Internet:
    return Internet(authority)
