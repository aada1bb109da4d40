"""Counts and times answers for the metrics, at the price of one look into a dictionary."""

from attrs import frozen
from prometheus_client import Counter, Histogram

from homeserver.http.routing import Route


@frozen(eq=False)
class Child:
    """What is kept of one route and status."""

    count: Counter
    seconds: Histogram


class RequestMeter:
    def __init__(self, requests: Counter, seconds: Histogram) -> None:
        self._requests = requests
        self._seconds = seconds
        self._children: dict[tuple[Route | None, int], Child] = {}

    def count(self, route: Route | None, status: int, seconds: float = 0.0) -> None:
        child = self._children.get((route, status))
        if child is None:
            child = self._children[route, status] = self._child(route, status)
        child.count.inc()
        child.seconds.observe(seconds)

    def _child(self, route: Route | None, status: int) -> Child:
        method, path = (route.method, route.path) if route else ("", "unknown")
        return Child(self._requests.labels(method, path, str(status)), self._seconds.labels(path))
