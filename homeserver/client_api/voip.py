"""Spec: Client-Server API, "Voice over IP"."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject


@frozen(eq=False)
class VoipEndpoints:
    @route("GET", "/v3/voip/turnServer")
    async def get_turn_server(self, request: Request) -> JsonObject:
        """Clients take an empty object for "there is none"; an error would make them ask again."""
        return {}
