"""Numbers for Prometheus: what an operator looks at when something is slow."""

from attrs import frozen
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_COUNTS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


@frozen
class Metrics:
    """Built once. Hot paths keep the child that `labels()` returns, and only call `inc` on it."""

    registry: CollectorRegistry
    requests: Counter
    request_seconds: Histogram
    events: Counter
    batch_size: Histogram
    write_seconds: Histogram
    waiting_syncs: Gauge
    cache_bytes: Gauge

    def exposition(self) -> bytes:
        """The body of an answer to Prometheus, of type CONTENT_TYPE."""
        return generate_latest(self.registry)


def new_metrics() -> Metrics:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return Metrics(
        registry=registry,
        requests=Counter(
            "isthmus_requests",
            "Requests answered, by method, route and status.",
            ("method", "route", "status"),
            registry=registry,
        ),
        request_seconds=Histogram(
            "isthmus_request_seconds",
            "Time from a request to its answer, by route. Waiting syncs wait.",
            ("route",),
            registry=registry,
            buckets=_SECONDS,
        ),
        events=Counter(
            "isthmus_events",
            "Events appended to rooms, by origin: local or remote.",
            ("origin",),
            registry=registry,
        ),
        batch_size=Histogram(
            "isthmus_write_batch_size",
            "Writes committed together.",
            registry=registry,
            buckets=_COUNTS,
        ),
        write_seconds=Histogram(
            "isthmus_write_seconds",
            "Time of one commit with all its writes.",
            registry=registry,
            buckets=_SECONDS,
        ),
        waiting_syncs=Gauge(
            "isthmus_waiting_syncs", "Clients that wait for news.", registry=registry
        ),
        cache_bytes=Gauge(
            "isthmus_cache_bytes", "About what each cache takes.", ("cache",), registry=registry
        ),
    )
