"""Spec: Client-Server API, "Presence"."""

from attrs import frozen

from homeserver.client_api.ownership import must_be_own
from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.users.presence import Presence


@frozen(eq=False)
class PresenceEndpoints:
    _presence: Presence

    @route("GET", "/v3/presence/{user_id}/status")
    async def get_presence(self, request: Request, user_id: str) -> JsonObject:
        return await self._presence.get(request.user_id, user_id)

    @route("PUT", "/v3/presence/{user_id}/status")
    async def set_presence(self, request: Request, user_id: str) -> JsonObject:
        must_be_own(request, user_id)
        body = request.json_object()
        state = field(body, "presence", str)
        status_msg = field(body, "status_msg", str, None)
        if not request.requester.is_shadow_banned:
            await self._presence.set(user_id, request.device_id, state, status_msg)
        return {}
