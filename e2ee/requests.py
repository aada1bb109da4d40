"""What is to be carried to the server."""

from typing import Protocol

from attrs import frozen

from e2ee.encoding import JsonObject
from e2ee.happenings import Happening

CLIENT = "/_matrix/client/v3"


@frozen
class Request:
    """One HTTP request. The same id is offered until it is answered: repeat it as it is."""

    id: str
    method: str
    path: str
    body: JsonObject | None = None


class Asker(Protocol):
    """A part of the machine that has questions."""

    def requests(self, now_ms: int) -> list[Request]: ...

    def answered(self, request: Request, answer: JsonObject, now_ms: int) -> list[Happening]: ...

    def refused(self, request: Request, status: int, now_ms: int) -> list[Happening]:
        """The server will not have it (4xx); it is not asked again as it is."""
        ...
