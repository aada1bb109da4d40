"""Spec: Client-Server API, "Third-party Lookups". Without bridges there is nothing to find."""

from attrs import frozen

from homeserver.errors import NotFound
from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject


@frozen(eq=False)
class ThirdPartyEndpoints:
    @route("GET", "/v3/thirdparty/protocols")
    async def get_protocols(self, request: Request) -> JsonObject:
        return {}

    @route("GET", "/v3/thirdparty/protocol/{protocol}")
    @route("GET", "/v3/thirdparty/location/{protocol}")
    @route("GET", "/v3/thirdparty/user/{protocol}")
    async def look_up(self, request: Request, protocol: str) -> JsonObject:
        raise NotFound("This server has no bridge to such a network.")

    @route("GET", "/v3/thirdparty/location")
    async def find_locations(self, request: Request) -> JsonObject:
        request.required_text("alias")
        raise NotFound("No bridge knows this alias.")

    @route("GET", "/v3/thirdparty/user")
    async def find_users(self, request: Request) -> JsonObject:
        request.required_text("userid")
        raise NotFound("No bridge knows this user.")
