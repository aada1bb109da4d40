"""How long the fuzzing lasts, and what stands on the server meanwhile.

ISTHMUS_FUZZ_EXAMPLES=5000 tries more, with other inputs each time; without it runs are repeatable.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.clients.conftest import homeserver
from tests.clients.started_server import Homeserver
from tests.fuzz.town import Town
from tests.spec.check import SpecChecker

__all__ = ["homeserver"]

WANTED = os.environ.get("ISTHMUS_FUZZ_EXAMPLES")

settings.register_profile(
    "fuzz",
    max_examples=int(WANTED or 200),
    derandomize=WANTED is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="session", autouse=True)
def profile() -> Iterator[None]:
    before = settings.get_current_profile_name()
    settings.load_profile("fuzz")
    yield
    settings.load_profile(before)


@pytest.fixture(scope="session")
def town(homeserver: Homeserver) -> Town:
    return Town.found(homeserver, SpecChecker.load())


@pytest.fixture(autouse=True)
def alice_is_unharmed(town: Town) -> Iterator[None]:
    """Whatever a test throws at the server, what is alice's stays as it was."""
    before = town.everything_of_alice()
    yield
    assert town.everything_of_alice() == before
