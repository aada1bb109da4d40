"""What browsers, watchdogs and Prometheus find."""

from collections.abc import Callable

from homeserver.config.settings import Metrics
from tests.people import Server


def test_a_browser_is_told_that_the_server_runs(server: Server) -> None:
    status, headers, body = server.exchange("GET", "/").raw()

    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"https://test" in body and b"{server_name}" not in body


def test_names_cannot_break_out_of_the_page(start_server: Callable[..., Server]) -> None:
    server = start_server(public_baseurl="https://x/<script>")

    assert b"<script>" not in server.exchange("GET", "/").raw()[2]


def test_a_watchdog_sees_that_the_process_answers(server: Server) -> None:
    assert server.exchange("GET", "/health").json() == {"status": "ok"}


def test_prometheus_counts_requests_and_events(start_server: Callable[..., Server]) -> None:
    server = start_server(metrics=Metrics(enabled=True))
    server.factory = server.app.factory(("client", "metrics"))
    server.person("alice").creates_room()

    text = server.exchange("GET", "/_isthmus/metrics").raw()[2].decode()
    assert server.exchange("GET", "/_synapse/metrics").raw()[0] == 200

    assert 'isthmus_requests_total{method="POST",route="/_matrix/client/v3/createRoom"' in text
    assert 'isthmus_events_total{origin="local"}' in text
    assert 'isthmus_cache_bytes{cache="heads"}' in text
