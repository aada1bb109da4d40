"""Spec: Client-Server API, "Profiles"."""

from attrs import frozen

from homeserver.client_api.ownership import must_be_own
from homeserver.errors import MissingParam
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.access import refuse_suspended
from homeserver.users.profiles import Profiles

MSC4133 = "/unstable/uk.tcpip.msc4133"


@frozen(eq=False)
class ProfileEndpoints:
    _profiles: Profiles

    @route("GET", "/v3/profile/{user_id}", access=Access.PUBLIC)
    @route("GET", MSC4133 + "/profile/{user_id}", access=Access.PUBLIC)
    async def get_profile(self, request: Request, user_id: str) -> JsonObject:
        return await self._profiles.get(user_id)

    @route("GET", "/v3/profile/{user_id}/{key}", access=Access.PUBLIC)
    @route("GET", MSC4133 + "/profile/{user_id}/{key}", access=Access.PUBLIC)
    async def get_field(self, request: Request, user_id: str, key: str) -> JsonObject:
        return {key: await self._profiles.get_field(user_id, key)}

    @route("PUT", "/v3/profile/{user_id}/{key}", access=Access.GUEST)
    @route("PUT", MSC4133 + "/profile/{user_id}/{key}", access=Access.GUEST)
    async def set_field(self, request: Request, user_id: str, key: str) -> JsonObject:
        may_change(request, user_id)
        body = request.json_object()
        if key not in body:
            raise MissingParam(f"The body must hold the new value as '{key[:255]}'.")
        spreads = not request.requester.is_shadow_banned
        await self._profiles.set_field(user_id, key, body[key], spreads=spreads)
        return {}

    @route("DELETE", "/v3/profile/{user_id}/{key}", access=Access.GUEST)
    @route("DELETE", MSC4133 + "/profile/{user_id}/{key}", access=Access.GUEST)
    async def delete_field(self, request: Request, user_id: str, key: str) -> JsonObject:
        may_change(request, user_id)
        spreads = not request.requester.is_shadow_banned
        await self._profiles.delete_field(user_id, key, spreads=spreads)
        return {}


def may_change(request: Request, user_id: str) -> None:
    """Administrators keep order in everybody's profile."""
    refuse_suspended(request.requester)
    if not request.requester.is_admin:
        must_be_own(request, user_id)
