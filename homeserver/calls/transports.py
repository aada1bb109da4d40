"""What carries calls of many people here. MSC4143, and MSC4195 for LiveKit."""

from attrs import frozen

from homeserver.config.calls import LiveKit
from homeserver.config.settings import Settings
from homeserver.errors import MatrixError
from homeserver.json_values import JsonObject

SERVICE = "/_matrix/livekit/jwt"
"""Where this server gives tokens to clients that show an OpenID token for them."""


class NoTransports(MatrixError):
    """Clients then look into `.well-known`, and say that calls are not set up."""

    status = 404
    errcode = "M_UNRECOGNIZED"


@frozen
class Transports:
    """`service_url` is where clients get tokens that do not get them by their access token."""

    _livekit: LiveKit
    _service_url: str | None

    def current(self) -> list[JsonObject]:
        return [{"type": "m.livekit", "url": self._livekit.url}] if self._livekit.url else []

    def old(self) -> list[JsonObject]:
        """Raises NoTransports."""
        if self._service_url is None:
            raise NoTransports("Calls of many people are not set up on this server.")
        transport: JsonObject = {"type": "livekit", "livekit_service_url": self._service_url}
        if self._livekit.url:
            transport["url"] = self._livekit.url
        return [transport]


def service_url(settings: Settings) -> str | None:
    """The service that gives tokens; None where there are no calls of many people."""
    livekit = settings.calls.livekit
    if livekit.service_url is not None:
        return livekit.service_url
    return settings.baseurl + SERVICE if livekit.key is not None else None
