"""Prometheus reads the numbers."""

from homeserver.metrics import new_metrics


def test_what_is_counted_is_shown() -> None:
    metrics = new_metrics()

    metrics.requests.labels("GET", "/versions", "200").inc()

    shown = metrics.exposition().decode()
    assert 'isthmus_requests_total{method="GET",route="/versions",status="200"} 1.0' in shown
    assert "process_resident_memory_bytes" in shown


def test_two_servers_in_one_process_count_apart() -> None:
    first, second = new_metrics(), new_metrics()

    first.waiting_syncs.inc()

    assert "isthmus_waiting_syncs 0.0" in second.exposition().decode()
