"""Asking one server after the other, until one can help."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from homeserver.errors import Forbidden, MatrixError
from homeserver.logs import logger
from homeserver.peers.errors import NotAdmitted, PeerError, RemoteError

MAX_SERVERS = 20
PASSED_ON = {400, 403, 404}
"""What another server says of a request is told to the client with these."""
OUR_FAULT = {"M_MISSING_PARAM", "M_INVALID_PARAM"}
"""What another server says of our own requests: nothing that a client could mend."""

T = TypeVar("T")

log = logger(__name__)


async def first_to_help(servers: Iterable[str], own: str, ask: Callable[[str], Awaitable[T]]) -> T:
    """The first result; else the error that says most: one of a server that answered."""
    candidates = [s for s in dict.fromkeys(servers) if s and s != own][:MAX_SERVERS]
    worst: MatrixError | None = None
    for server in candidates:
        try:
            return await ask(server)
        except PeerError as error:
            log.info("%s is of no help: %s", server, error)
            told = as_matrix_error(error)
            worst = told if worst is None or told.status < worst.status else worst
    raise worst or MatrixError("No other server is known that could be asked.", status=404)


def as_matrix_error(error: PeerError) -> MatrixError:
    if isinstance(error, RemoteError) and is_for_clients(error):
        return MatrixError(
            f"{error.server} says: {error.message}", errcode=error.errcode, status=error.status
        )
    if isinstance(error, NotAdmitted):
        return Forbidden(str(error))
    return MatrixError("No server of the room could be reached, or none can help.", status=502)


def is_for_clients(error: RemoteError) -> bool:
    return error.status in PASSED_ON and bool(error.errcode) and error.errcode not in OUR_FAULT
