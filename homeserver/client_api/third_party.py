"""Spec: Client-Server API, "Third-party Lookups"."""

from collections.abc import Mapping

from attrs import frozen

from homeserver.appservices.third_party import ThirdParty
from homeserver.http.request import Request
from homeserver.http.response import Response, json_response
from homeserver.http.routing import route
from homeserver.json_values import JsonObject


@frozen(eq=False)
class ThirdPartyEndpoints:
    _third_party: ThirdParty

    @route("GET", "/v3/thirdparty/protocols")
    async def get_protocols(self, request: Request) -> JsonObject:
        return await self._third_party.protocols()

    @route("GET", "/v3/thirdparty/protocol/{protocol}")
    async def get_protocol(self, request: Request, protocol: str) -> JsonObject:
        return await self._third_party.protocol(protocol)

    @route("GET", "/v3/thirdparty/location/{protocol}", cost="search")
    async def find_locations(self, request: Request, protocol: str) -> Response:
        return json_response(await self._third_party.locations(protocol, fields_of(request)))

    @route("GET", "/v3/thirdparty/user/{protocol}", cost="search")
    async def find_users(self, request: Request, protocol: str) -> Response:
        return json_response(await self._third_party.users(protocol, fields_of(request)))

    @route("GET", "/v3/thirdparty/location", cost="search")
    async def locations_of_alias(self, request: Request) -> Response:
        alias = request.required_text("alias")
        return json_response(await self._third_party.locations_of(alias))

    @route("GET", "/v3/thirdparty/user", cost="search")
    async def users_of_user(self, request: Request) -> Response:
        user_id = request.required_text("userid")
        return json_response(await self._third_party.users_of(user_id))


def fields_of(request: Request) -> Mapping[str, str]:
    """What the network is searched by. A token that old clients put there is not handed on."""
    return {
        name: values[0] for name, values in request.parameters.items() if name != "access_token"
    }
