"""Spec: Server-Server API, "Querying for information", "OpenID"."""

from attrs import frozen

from homeserver.errors import MatrixError, NotFound, UnknownToken
from homeserver.events.ids import domain_of
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.aliases import Aliases
from homeserver.users.openid import OpenId
from homeserver.users.profiles import Profiles

V1 = "/_matrix/federation/v1"


@frozen(eq=False)
class QueryEndpoints:
    _server_name: str
    _aliases: Aliases
    _profiles: Profiles
    _openid: OpenId

    @route("GET", V1 + "/query/directory", access=Access.SERVER)
    async def directory(self, request: Request) -> JsonObject:
        alias = request.required_text("room_alias")
        self._check_ours(alias)
        found = await self._aliases.resolve(alias)
        return {"room_id": found.room_id, "servers": list(found.via)}

    @route("GET", V1 + "/query/profile", access=Access.SERVER)
    async def profile(self, request: Request) -> JsonObject:
        user_id = request.required_text("user_id")
        self._check_ours(user_id)
        field = request.optional_text("field")
        if field is None:
            return await self._profiles.get(user_id)
        return {field: await self._profiles.get_field(user_id, field)}

    @route("GET", V1 + "/query/{query_type}", access=Access.SERVER)
    async def query(self, request: Request, query_type: str) -> JsonObject:
        raise MatrixError("This server knows no such query.", status=404, errcode="M_UNRECOGNIZED")

    @route("GET", V1 + "/openid/userinfo", access=Access.PUBLIC)
    async def userinfo(self, request: Request) -> JsonObject:
        owner = await self._openid.owner(request.required_text("access_token"))
        if owner is None:
            raise UnknownToken("This token is unknown, or too old.")
        return {"sub": owner}

    def _check_ours(self, id: str) -> None:
        if domain_of(id) != self._server_name:
            raise NotFound("This server knows nothing of what belongs to another one.")
