"""What goes wrong for a client, with the spec's HTTP status and error code."""

from homeserver.json_values import JsonObject


class MatrixError(Exception):
    """An answer other than success: Client-Server API, "Standard error response"."""

    status = 400
    errcode = "M_UNKNOWN"

    def __init__(
        self, message: str, *, errcode: str = "", status: int = 0, **extra: object
    ) -> None:
        super().__init__(message)
        self.message = message
        self.errcode = errcode or self.errcode
        self.status = status or self.status
        self.extra = extra

    def body(self) -> JsonObject:
        return {"errcode": self.errcode, "error": self.message, **self.extra}


class BadJson(MatrixError):
    """Valid JSON whose shape is not what the endpoint takes."""

    errcode = "M_BAD_JSON"


class NotJson(MatrixError):
    errcode = "M_NOT_JSON"


class InvalidParam(MatrixError):
    errcode = "M_INVALID_PARAM"


class MissingParam(MatrixError):
    errcode = "M_MISSING_PARAM"


class Forbidden(MatrixError):
    status = 403
    errcode = "M_FORBIDDEN"


class NotFound(MatrixError):
    status = 404
    errcode = "M_NOT_FOUND"


class Unrecognized(MatrixError):
    status = 404
    errcode = "M_UNRECOGNIZED"


class MissingToken(MatrixError):
    status = 401
    errcode = "M_MISSING_TOKEN"


class UnknownToken(MatrixError):
    """`soft_logout=True` when a refresh token can bring the session back."""

    status = 401
    errcode = "M_UNKNOWN_TOKEN"


class TooLarge(MatrixError):
    status = 413
    errcode = "M_TOO_LARGE"


class LimitExceeded(MatrixError):
    status = 429
    errcode = "M_LIMIT_EXCEEDED"

    def __init__(self, retry_after_ms: int) -> None:
        seconds = max(1, -(-retry_after_ms // 1000))
        super().__init__(
            f"Too many requests of this kind. Try again in {seconds} s.",
            retry_after_ms=retry_after_ms,
        )
        self.retry_after_ms = retry_after_ms


class CannotStart(Exception):
    """Something outside keeps the server from starting; the message tells an operator what."""
