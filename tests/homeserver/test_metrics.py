"""Prometheus reads the numbers."""

from homeserver.metrics import new_metrics
from tests.people import Server


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


def test_requests_commits_and_waiting_syncs_are_measured(server: Server) -> None:
    alice = server.person("alice")
    room = alice.creates_room()
    alice.syncs()
    waiting = alice.starts_sync()
    sample = server.app.ground.metrics.registry.get_sample_value
    path = "/_matrix/client/v3/rooms/{room_id}/send/{type}/{txn_id}"

    assert sample("isthmus_waiting_syncs") == 1
    commits = sample("isthmus_write_seconds_count") or 0
    alice.sends(room, "hello")

    assert waiting.is_answered
    assert sample("isthmus_waiting_syncs") == 0
    assert (sample("isthmus_write_seconds_count") or 0) > commits
    assert (sample("isthmus_write_batch_size_sum") or 0) > commits
    assert sample("isthmus_request_seconds_count", {"route": path}) == 1
    assert (sample("isthmus_request_seconds_sum", {"route": path}) or 0) > 0
