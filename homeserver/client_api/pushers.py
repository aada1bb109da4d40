"""Spec: Client-Server API, "Push Notifications", "Client behaviour"; MSC4174."""

from attrs import frozen

from homeserver.http.request import Request, field
from homeserver.http.response import Response, json_response
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.users.pushers import Pushers, Setting


@frozen(eq=False)
class PusherEndpoints:
    _pushers: Pushers

    @route("GET", "/v3/pushers")
    async def get_pushers(self, request: Request) -> JsonObject:
        return {"pushers": await self._pushers.of_user(request.user_id)}

    @route("POST", "/v3/pushers/set")
    async def set_pusher(self, request: Request) -> Response:
        body = request.json_object()
        outcome = await self._pushers.set_pusher(request.user_id, request.device_id, body)
        return json_response({}, 201 if outcome is Setting.AWAITS_PROOF else 200)

    @route("POST", "/unstable/org.matrix.msc4174/pushers/ack")
    async def activate(self, request: Request) -> JsonObject:
        body = request.json_object()
        app_id, token = field(body, "app_id", str), field(body, "ack_token", str)
        await self._pushers.activate(request.user_id, app_id, token)
        return {}
