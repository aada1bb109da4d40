"""Numbers for Prometheus, on listeners with the resource `metrics`: no part of the spec."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.metrics import CONTENT_TYPE, Metrics


@frozen(eq=False)
class MetricsEndpoints:
    _metrics: Metrics

    @route("GET", "/_isthmus/metrics", "/_synapse/metrics", access=Access.PUBLIC)
    async def exposition(self, request: Request) -> Response:
        return Response(self._metrics.exposition(), 200, CONTENT_TYPE)
