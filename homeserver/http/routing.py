"""From method and path to the endpoint that answers."""

from collections.abc import Awaitable, Callable, Iterable
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from attrs import define, field, frozen

from homeserver.errors import InvalidParam, MatrixError, Unrecognized

Endpoint = Callable[..., Awaitable[Any]]
F = TypeVar("F", bound=Callable[..., Any])

CLIENT = "/_matrix/client"
DEFAULT_BODY_BYTES = 1024 * 1024


class Access(Enum):
    """What an endpoint needs to know of who asks."""

    USER = "user"
    GUEST = "guest"
    """Users, and guests where the operator allows them."""
    OPTIONAL = "optional"
    PUBLIC = "public"
    SERVER = "server"
    ADMIN = "admin"
    """Administrators of this server; what they change is written into the audit log."""


@frozen(eq=False)
class Route:
    """`cost` names the rate limit that a request counts against, or is empty."""

    method: str
    path: str
    access: Access
    cost: str
    max_body: int
    waits: bool = False
    """Whether the answer may take long by design, so that a client that goes away ends the work."""
    body_to_file: bool = False
    """Whether a large body goes to a file; how large it may be is what `BodyFiles` says."""


def route(
    method: str,
    *paths: str,
    access: Access = Access.USER,
    cost: str = "",
    max_body: int = DEFAULT_BODY_BYTES,
    waits: bool = False,
    body_to_file: bool = False,
) -> Callable[[F], F]:
    """Mark a method of an endpoint class as the answer to `method` at each of the paths.

    Paths that begin with /v3, /v1, /r0 or /unstable stand below /_matrix/client; /v3 is served as
    /r0 too.
    """

    def mark(function: F) -> F:
        routes: list[Route] = getattr(function, "routes", [])
        for path in paths:
            full = CLIENT + path if path.startswith(("/v", "/r0/", "/unstable/")) else path
            routes.append(Route(method, full, access, cost, max_body, waits, body_to_file))
        function.routes = routes  # type: ignore[attr-defined]
        return function

    return mark


def routes_of(endpoints: object) -> Iterable[tuple[Route, Endpoint]]:
    """All that an object of an endpoint class serves."""
    for name in dir(type(endpoints)):
        for found in getattr(getattr(type(endpoints), name), "routes", ()):
            yield found, getattr(endpoints, name)


@define
class Node:
    children: dict[str, "Node"] = field(factory=dict)
    parameter: "Node | None" = None
    names: tuple[str, ...] = ()
    methods: dict[str, tuple[Route, Endpoint, tuple[str, ...]]] = field(factory=dict)


Answer = tuple[Route, Endpoint, dict[str, str]]


class Router:
    def __init__(self) -> None:
        self._root = Node()
        self._last: tuple[str, str, Answer] | None = None
        self.routes: list[Route] = []

    def add(self, endpoints: object) -> None:
        for found, endpoint in routes_of(endpoints):
            self._add_path(found.path, found, endpoint)
            self.routes.append(found)
            if found.path.startswith(CLIENT + "/v3/"):
                self._add_path(CLIENT + "/r0/" + found.path[len(CLIENT) + 4 :], found, endpoint)

    def find(self, method: str, path: str) -> Answer:
        """The endpoint and the decoded parameters of its path; raises Unrecognized."""
        # A request with a body is looked up twice: when its head has come, and when it is whole.
        if (last := self._last) is not None and last[1] == path and last[0] == method:
            return last[2]
        found = self._find(method, path)
        self._last = method, path, found
        return found

    def _find(self, method: str, path: str) -> Answer:
        segments = path.split("/")[1:]
        wanted = "GET" if method == "HEAD" else method
        values: list[str] = []
        node = self._walk(segments, values)
        if (node is None or wanted not in node.methods) and segments and not segments[-1]:
            shorter: list[str] = []
            if (other := self._walk(segments[:-1], shorter)) is not None:
                node, values = other, shorter
        if node is None:
            raise Unrecognized("This server has no such endpoint.")
        if (found := node.methods.get(method) or node.methods.get(wanted)) is None:
            raise MatrixError(
                f"This endpoint does not take {method[:20]}.", errcode="M_UNRECOGNIZED", status=405
            )
        found_route, endpoint, names = found
        return found_route, endpoint, dict(zip(names, map(decoded, values), strict=True))

    def _walk(self, segments: list[str], values: list[str]) -> Node | None:
        node: Node | None = self._root
        for segment in segments:
            if node is None:
                return None
            if (child := node.children.get(segment)) is not None:
                node = child
            else:
                node = node.parameter
                values.append(segment)
        return node if node is not None and node.methods else None

    def _add_path(self, path: str, found: Route, endpoint: Endpoint) -> None:
        node = self._root
        names: list[str] = []
        for segment in path.split("/")[1:]:
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.parameter = node.parameter or Node()
                node = node.parameter
            else:
                node = node.children.setdefault(segment, Node())
        if found.method in node.methods:
            raise ValueError(f"two endpoints for {found.method} {path}")
        node.methods[found.method] = (found, endpoint, tuple(names))


def decoded(segment: str) -> str:
    """A part of a path, whose bytes come as latin-1."""
    if "%" not in segment and segment.isascii():
        return segment
    try:
        text = unquote_to_bytes(segment.encode("latin-1")).decode()
    except UnicodeDecodeError:
        raise InvalidParam("The path of the request is not valid UTF-8.") from None
    if "\0" in text:
        # Nothing that a path can name holds one, and PostgreSQL could not look for it.
        raise InvalidParam("The path of the request holds a NUL character.")
    return text
