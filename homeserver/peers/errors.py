"""Why another server could not be asked, or what it answered instead."""


class PeerError(Exception):
    """A request to another server brought no result."""


class RemoteError(PeerError):
    """The other server answered, with an error. `errcode` is empty where it is none of Matrix."""

    def __init__(
        self,
        server: str,
        status: int,
        errcode: str = "",
        message: str = "",
        retry_after_ms: int = 0,
    ) -> None:
        super().__init__(f"{server} answered {status} {errcode} {message}".rstrip())
        self.server = server
        self.status = status
        self.errcode = errcode
        self.message = message
        self.retry_after_ms = retry_after_ms


class PeerUnreachable(PeerError):
    """No answer, or none of a Matrix server."""


class AnswersTooMuch(PeerUnreachable):
    """The answer was cut off where it became larger than what was asked for may be."""


class BackingOff(PeerUnreachable):
    """The server did not answer before, and is not asked again before `retry_at_ms`."""

    def __init__(self, server: str, retry_at_ms: int) -> None:
        super().__init__(f"{server} did not answer lately; it will be asked again later.")
        self.retry_at_ms = retry_at_ms


class NotAdmitted(PeerError):
    """This server does not talk with that one."""
