"""Spec: Client-Server API, "Push Notifications", "Client behaviour"."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.users.pushers import Pushers


@frozen(eq=False)
class PusherEndpoints:
    _pushers: Pushers

    @route("GET", "/v3/pushers")
    async def get_pushers(self, request: Request) -> JsonObject:
        return {"pushers": await self._pushers.of_user(request.user_id)}

    @route("POST", "/v3/pushers/set")
    async def set_pusher(self, request: Request) -> JsonObject:
        await self._pushers.set_pusher(request.user_id, request.device_id, request.json_object())
        return {}
