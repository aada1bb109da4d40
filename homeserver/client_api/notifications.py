"""Spec: Client-Server API, "Listing Notifications"."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.sync.notifications import DEFAULT_LIMIT, Notifications


@frozen(eq=False)
class NotificationEndpoints:
    _notifications: Notifications

    @route("GET", "/v3/notifications")
    async def listed(self, request: Request) -> JsonObject:
        requester = request.requester
        return await self._notifications.listed(
            requester.user_id,
            requester.device_name,
            request.text("from"),
            request.integer("limit", DEFAULT_LIMIT),
            request.text("only"),
        )
