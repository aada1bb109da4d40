import pytest

from tests.spec.check import SpecChecker


@pytest.fixture(scope="session")
def spec() -> SpecChecker:
    return SpecChecker.load()
