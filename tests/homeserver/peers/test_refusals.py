"""What is refused is counted each time and logged once."""

import logging

import pytest
from prometheus_client import CollectorRegistry

from homeserver.http.outgoing_errors import BadAnswer, RefusedAddress, Unreachable
from homeserver.peers.reaching import reason_of
from homeserver.peers.refusals import QUIET_MS, Reason, Refusals
from tests.people import FakeClock


def test_each_is_counted_and_only_the_first_of_a_day_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    registry, clock = CollectorRegistry(), FakeClock()
    refusals = Refusals(clock, registry)

    with caplog.at_level(logging.WARNING):
        for _ in range(100):
            refusals.note("mallory.example", Reason.FORGED, "the event $x", 50)
        refusals.note("mallory.example", Reason.MALFORMED, "no event")
        refusals.note("other.example", Reason.FORGED, "the event $y")

    assert counted(registry, "forged") == 5001
    assert counted(registry, "malformed") == 1
    assert [record.args[0] for record in caplog.records if isinstance(record.args, tuple)] == [
        "mallory.example",
        "mallory.example",
        "other.example",
    ]
    clock.advance(QUIET_MS / 1000 + 1)
    refusals.note("mallory.example", Reason.FORGED, "the event $z")
    assert "$z" in caplog.text


def test_only_what_an_honest_server_never_does_is_counted() -> None:
    assert reason_of(RefusedAddress("inside")) is Reason.PRIVATE_ADDRESS
    assert reason_of(BadAnswer("no JSON")) is Reason.BAD_ANSWER
    assert reason_of(Unreachable("away")) is None


def counted(registry: CollectorRegistry, reason: str) -> float | None:
    return registry.get_sample_value("isthmus_federation_refused_total", {"reason": reason})
