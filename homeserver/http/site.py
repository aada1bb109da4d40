"""What happens to a request: route, requester, rate limit, endpoint, answer."""

from collections.abc import Awaitable
from itertools import count
from time import perf_counter
from typing import Any, Protocol

from twisted.internet.defer import CancelledError, Deferred

from homeserver.errors import MatrixError, TooLarge
from homeserver.http.bodies import BodyFile, BodyFiles
from homeserver.http.request import Request
from homeserver.http.requester import Requester
from homeserver.http.response import Response, error_response
from homeserver.http.routing import Access, Endpoint, Route, Router
from homeserver.json_values import encode
from homeserver.logs import logger, request_id

log = logger(__name__)


class Doorkeeper(Protocol):
    """Tells who asks, and who asks too much."""

    def identify(self, request: Request, access: Access) -> Requester | Awaitable[Requester] | None:
        """The requester (None for OPTIONAL without a token); raises MatrixError."""

    def charge(self, request: Request, route: Route) -> None:
        """Count the request against the limits of its route; raises LimitExceeded."""


class Meter(Protocol):
    def count(self, route: Route | None, status: int, seconds: float = 0.0) -> None: ...


class Site:
    """Answers any request, whatever the endpoint does: errors of ours become M_UNKNOWN and a log
    entry.
    """

    def __init__(
        self,
        router: Router,
        doorkeeper: Doorkeeper,
        meter: Meter,
        body_files: BodyFiles | None = None,
    ) -> None:
        self._router = router
        self._doorkeeper = doorkeeper
        self._meter = meter
        self._body_files = body_files
        self._numbers = count(1)

    def max_body(self, method: str, path: str) -> int:
        """How large a body may be; raises MatrixError for what is not served."""
        route = self._router.find(method, path)[0]
        if route.body_to_file and self._body_files is not None:
            return self._body_files.max_bytes
        return route.max_body

    def goes_to_file(self, method: str, path: str) -> bool:
        """Whether a large body does."""
        return self._body_files is not None and self._router.find(method, path)[0].body_to_file

    async def open_body_file(self, request: Request, expected: int) -> BodyFile:
        """For a body of about so many bytes that begins to arrive, if its sender may send it."""
        assert self._body_files is not None
        try:
            route = self._router.find(request.method, request.path)[0]
            if route.access is not Access.PUBLIC:
                await self._let_in(request, route)
            return self._body_files.open(expected)
        except MatrixError as error:
            self._meter.count(None, error.status)
            raise

    def answer(self, request: Request) -> tuple[Deferred[Response], bool]:
        """The response to come, and whether it is worth nothing once the client is gone."""
        route: Route | None = None
        try:
            route, endpoint, values = self._router.find(request.method, request.path)
        except MatrixError as error:
            self._meter.count(None, error.status)
            done: Deferred[Response] = Deferred()
            done.callback(error_response(error))
            return done, False
        return Deferred.fromCoroutine(self._respond(request, route, endpoint, values)), route.waits

    async def _respond(
        self, request: Request, route: Route, endpoint: Endpoint, values: dict[str, str]
    ) -> Response:
        began = perf_counter()
        request_id.set(format(next(self._numbers), "x"))
        try:
            if len(request.body) > route.max_body:
                raise TooLarge(f"The body of the request may have {route.max_body} bytes at most.")
            if route.access is not Access.PUBLIC:
                await self._let_in(request, route)
            if route.cost:
                self._doorkeeper.charge(request, route)
            response = as_response(await endpoint(request, **values))
        except MatrixError as error:
            response = error_response(error)
        except CancelledError:
            raise
        except Exception:
            log.exception("no answer to %s %s", request.method, route.path)
            response = error_response(
                MatrixError("Something went wrong here; the server's log says what.", status=500)
            )
        finally:
            if request.body_file is not None:
                request.body_file.discard()
        self._meter.count(route, response.status, perf_counter() - began)
        return response

    async def _let_in(self, request: Request, route: Route) -> None:
        requester = self._doorkeeper.identify(request, route.access)
        if isinstance(requester, Awaitable):
            requester = await requester
        if requester is not None:
            request.requester = requester


def as_response(value: Any) -> Response:
    """Endpoints return JSON, or a response where more than JSON must be said."""
    return value if isinstance(value, Response) else Response(encode(value))
