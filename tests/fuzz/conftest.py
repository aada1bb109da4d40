"""What stands on the server while it is being fuzzed."""

from collections.abc import Iterator

import pytest

from tests.clients.conftest import homeserver
from tests.clients.started_server import Homeserver
from tests.fuzz.town import Town
from tests.spec.check import SpecChecker

__all__ = ["homeserver"]


@pytest.fixture(scope="session")
def town(homeserver: Homeserver) -> Town:
    return Town.found(homeserver, SpecChecker.load())


@pytest.fixture(autouse=True)
def alice_is_unharmed(town: Town) -> Iterator[None]:
    """Whatever a test throws at the server, what is alice's stays as it was.

    And mallory is still logged in: otherwise nothing was tried but doors that stay shut.
    """
    before = town.everything_of_alice()
    yield
    after = town.everything_of_alice()
    changed = {path: (before[path], after[path]) for path in before if before[path] != after[path]}
    assert not changed
    town.mallory.does("GET", "/account/whoami")
