"""Each conversation is held in both kinds of room."""

import pytest

from tests.bridging.kinds import ENCRYPTED, PLAIN, Kind


@pytest.fixture(params=[PLAIN, ENCRYPTED], ids=lambda it: it.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found
