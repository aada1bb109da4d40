"""A homeserver with LiveKit beside it."""

from collections.abc import Iterator

import pytest
from attrs import evolve

from homeserver.config.calls import Calls, LiveKit
from homeserver.config.settings import Settings
from tests.homeserver.calls.livekit import API_URL, KEY, SECRET, URL, FakeLiveKit, Talk
from tests.internet import Internet
from tests.outcomes import outcome
from tests.people import Server


@pytest.fixture
def talk(settings: Settings, internet: Internet) -> Iterator[Talk]:
    calls = Calls(livekit=LiveKit(url=URL, api_url=API_URL, key=KEY, secret=SECRET))
    livekit = FakeLiveKit(internet.clock)
    livekit.listen(internet)
    server = Server(evolve(settings, calls=calls), internet)
    outcome(server.app.calls.start())
    yield Talk(server, internet, livekit)
    server.stop()
