"""Spec: Client-Server API, "Filtering"."""

from attrs import frozen

from homeserver.client_api.ownership import must_be_own
from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.users.filters import Filters


@frozen(eq=False)
class FilterEndpoints:
    _filters: Filters

    @route("POST", "/v3/user/{user_id}/filter")
    async def define_filter(self, request: Request, user_id: str) -> JsonObject:
        must_be_own(request, user_id)
        return {"filter_id": await self._filters.create(user_id, request.json_object())}

    @route("GET", "/v3/user/{user_id}/filter/{filter_id}")
    async def get_filter(self, request: Request, user_id: str, filter_id: str) -> JsonObject:
        must_be_own(request, user_id)
        return await self._filters.get(user_id, filter_id)
