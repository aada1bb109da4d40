"""Spec: Client-Server API, "Discovering rooms within spaces"."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.hierarchy import Hierarchy, wish_of


@frozen(eq=False)
class SpaceEndpoints:
    _hierarchy: Hierarchy

    @route("GET", "/v1/rooms/{room_id}/hierarchy")
    @route("GET", "/unstable/org.matrix.msc2946/rooms/{room_id}/hierarchy")
    async def hierarchy(self, request: Request, room_id: str) -> JsonObject:
        return await self._hierarchy.page(request.user_id, wish_of(request, room_id))
