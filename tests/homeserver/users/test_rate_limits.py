"""How often things may be done."""

from collections.abc import Callable

import pytest

from homeserver.config.limits import Limit, RateLimits
from homeserver.errors import LimitExceeded
from homeserver.http.client_addresses import address_key
from homeserver.http.routing import routes_of
from homeserver.users import rate_limits
from homeserver.users.rate_limits import Limits
from tests.people import FakeClock, Refused, Server


def limits(clock: FakeClock, per_second: float, burst: int) -> Limits:
    return Limits(RateLimits(message=Limit(per_second, burst)), clock)


def test_a_burst_passes_and_then_one_at_a_time() -> None:
    clock = FakeClock()
    counted = limits(clock, 2.0, 3)
    for _ in range(3):
        counted.take("message", "alice")

    with pytest.raises(LimitExceeded) as refused:
        counted.take("message", "alice")

    assert 0 < refused.value.retry_after_ms <= 501
    clock.advance(refused.value.retry_after_ms / 1000)
    counted.take("message", "alice")
    with pytest.raises(LimitExceeded):
        counted.take("message", "alice")


def test_each_has_a_limit_of_their_own() -> None:
    counted = limits(FakeClock(), 1.0, 1)
    counted.take("message", "alice")

    counted.take("message", "bob")


def test_a_check_counts_nothing() -> None:
    counted = limits(FakeClock(), 1.0, 1)
    for _ in range(5):
        counted.check("message", "alice")

    counted.take("message", "alice")
    with pytest.raises(LimitExceeded):
        counted.check("message", "alice")


def test_memory_is_bounded_however_many_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MAX_REMEMBERED", 100)
    counted = limits(FakeClock(), 0.001, 1)

    for number in range(1000):
        counted.take("message", f"user {number}")

    assert len(counted._full_at) <= 100
    with pytest.raises(LimitExceeded):
        counted.take("message", "user 999")


def test_a_household_counts_as_one_address() -> None:
    assert address_key("2001:db8:1:2:3::4") == address_key("2001:db8:1:2:ffff::1")
    assert address_key("2001:db8:1:2::1") != address_key("2001:db8:1:3::1")
    assert address_key("192.0.2.1") != address_key("192.0.2.2")
    assert address_key("fe80::1%eth0") == address_key("fe80::2")
    assert address_key("not:an:address") == "not:an:address"


def test_who_registers_too_often_is_told_when_to_come_back(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(rate_limits=RateLimits(enabled=True, registration=Limit(0.5, 2)))
    server.anonymous.get("/v3/register/available", username="a")
    server.anonymous.get("/v3/register/available", username="a")

    exchange = server.anonymous.ask("GET", "/v3/register/available", username="a")

    with pytest.raises(Refused) as refused:
        exchange.json()
    status, headers, _ = exchange.raw()
    assert (status, refused.value.errcode) == (429, "M_LIMIT_EXCEEDED")
    assert headers["retry-after"] == "3"
    assert refused.value.body["retry_after_ms"] == 2001


def test_every_cost_that_an_endpoint_names_has_a_limit(server: Server) -> None:
    known = server.app.accounts.limits.buckets
    for endpoints in server.app.endpoints.values():
        for each in endpoints:
            for route, _ in routes_of(each):
                assert not route.cost or route.cost in known, route.path
