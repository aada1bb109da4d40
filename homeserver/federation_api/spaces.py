"""Spec: Server-Server API, "Spaces"."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.serving.spaces import Spaces


@frozen(eq=False)
class SpaceEndpoints:
    _spaces: Spaces

    @route("GET", "/_matrix/federation/v1/hierarchy/{room_id}", access=Access.SERVER)
    async def hierarchy(self, request: Request, room_id: str) -> JsonObject:
        suggested_only = request.boolean("suggested_only")
        return await self._spaces.hierarchy(request.origin, room_id, suggested_only)
