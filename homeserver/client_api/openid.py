"""Spec: Client-Server API, "OpenID"."""

from attrs import frozen

from homeserver.client_api.ownership import must_be_own
from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.users.openid import OpenId


@frozen(eq=False)
class OpenIdEndpoints:
    _openid: OpenId

    @route("POST", "/v3/user/{user_id}/openid/request_token")
    async def request_token(self, request: Request, user_id: str) -> JsonObject:
        must_be_own(request, user_id)
        request.json_object_or_empty()
        return await self._openid.request_token(user_id)
