"""What a call of an endpoint is written down as, once for success and once for failure.

`{room}` and such are filled in by the `Town` in town.py. `by` is who calls; without a body a POST
or PUT sends `{}`. The error is that which the specification, or its module, names for the endpoint.
"""

from typing import Any

from attrs import field, frozen

CLIENT = "/_matrix/client"


@frozen
class Call:
    path: str
    body: Any = None
    by: str = "alice"


@frozen
class Fails:
    path: str
    code: str
    body: Any = None
    by: str = "alice"
    status: int = field(default=0)
    """Where the code does not say it."""


@frozen
class Row:
    """`endpoint` is method and path as the specification has them, below /_matrix/client."""

    endpoint: str
    works: Call
    fails: Fails

    @property
    def name(self) -> str:
        method, path = self.endpoint.split(" ")
        return f"{method} {path if path.startswith(('/_', '/.')) else CLIENT + path}"


def in_room(endpoint: str, works: Call, *, by: str = "mallory", body: Any = None) -> Row:
    """Fails for who is not in the room."""
    return Row(endpoint, works, Fails(works.path, "M_FORBIDDEN", body or works.body, by))


V3ROOM = "/v3/rooms/{room}"
