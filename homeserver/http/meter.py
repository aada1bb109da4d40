"""Counts answers for the metrics, at the price of one dictionary look-up."""

from prometheus_client import Counter

from homeserver.http.routing import Route


class RequestMeter:
    def __init__(self, requests: Counter) -> None:
        self._requests = requests
        self._children: dict[tuple[Route | None, int], Counter] = {}

    def count(self, route: Route | None, status: int) -> None:
        child = self._children.get((route, status))
        if child is None:
            method, path = (route.method, route.path) if route else ("", "unknown")
            child = self._requests.labels(method, path, str(status))
            self._children[route, status] = child
        child.inc()
