"""Spec: Client-Server API, "Typing Notifications"."""

from attrs import frozen

from homeserver.client_api.ownership import must_be_own
from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.typing import DEFAULT_MS, Typing
from homeserver.users.presence import Presence


@frozen(eq=False)
class TypingEndpoints:
    _typing: Typing
    _presence: Presence

    @route("PUT", "/v3/rooms/{room_id}/typing/{user_id}")
    async def set(self, request: Request, room_id: str, user_id: str) -> JsonObject:
        must_be_own(request, user_id)
        body = request.json_object()
        typing = field(body, "typing", bool)
        timeout_ms = field(body, "timeout", int, DEFAULT_MS)
        if not request.requester.is_shadow_banned:
            await self._typing.set(user_id, room_id, typing, max(1, timeout_ms))
        self._presence.active(user_id, request.device_id)
        return {}
