"""When devices were last used."""

from collections.abc import Callable

from homeserver.devices.last_seen import WRITE_EVERY_SECONDS
from tests.outcomes import outcome
from tests.people import Person, Server


def test_last_uses_are_written_now_and_then_and_outlive_a_restart(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    outcome(server.app.accounts.start())
    alice = server.person("alice")
    alice.get("/v3/account/whoami")
    seen_ms = server.clock.now_ms()
    server.clock.advance(WRITE_EVERY_SECONDS)

    restarted = start_server()

    again = Person(restarted, "alice", alice.token)
    laptop = again.logs_in()
    devices = {it["device_id"]: it for it in laptop.get("/v3/devices")["devices"]}
    assert devices[alice.device_id]["last_seen_ts"] == seen_ms


def test_the_last_uses_are_written_when_the_server_stops(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    alice = server.person("alice")
    alice.get("/v3/account/whoami")
    outcome(server.app.accounts.stop())

    restarted = start_server()

    laptop = Person(restarted, "alice").logs_in()
    devices = {it["device_id"]: it for it in laptop.get("/v3/devices")["devices"]}
    assert devices[alice.device_id]["last_seen_ip"] == "203.0.113.7"
