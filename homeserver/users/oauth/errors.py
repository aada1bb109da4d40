"""What goes wrong for an app, as OAuth 2.0 says it. RFC 6749, section 5.2."""

from homeserver.errors import MatrixError
from homeserver.json_values import JsonObject


class OAuthError(MatrixError):
    def __init__(self, error: str, message: str, status: int = 400) -> None:
        super().__init__(message, status=status)
        self.error = error

    def body(self) -> JsonObject:
        return {"error": self.error, "error_description": self.message}


def invalid_request(message: str) -> OAuthError:
    return OAuthError("invalid_request", message)


def invalid_grant(message: str) -> OAuthError:
    return OAuthError("invalid_grant", message)


def unknown_client() -> OAuthError:
    return OAuthError("invalid_client", "This client_id is not known; register again.", 401)
