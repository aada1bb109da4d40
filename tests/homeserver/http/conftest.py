"""A shop for each test."""

import pytest

from tests.homeserver.http.shop import Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()
