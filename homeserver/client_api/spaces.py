"""Spec: Client-Server API, "Discovering rooms within spaces"."""

from attrs import evolve, frozen

from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.hierarchy import Hierarchy, Wish, read_token

DEFAULT_LIMIT, MAX_LIMIT = 50, 100
DEFAULT_DEPTH, MAX_DEPTH = 10, 50


@frozen(eq=False)
class SpaceEndpoints:
    _hierarchy: Hierarchy

    @route("GET", "/v1/rooms/{room_id}/hierarchy")
    @route("GET", "/unstable/org.matrix.msc2946/rooms/{room_id}/hierarchy")
    async def hierarchy(self, request: Request, room_id: str) -> JsonObject:
        wish = Wish(
            room_id=room_id,
            suggested_only=request.boolean("suggested_only"),
            max_depth=request.integer("max_depth", DEFAULT_DEPTH, maximum=MAX_DEPTH),
            limit=request.integer("limit", DEFAULT_LIMIT, minimum=1, maximum=MAX_LIMIT),
        )
        if token := request.text("from"):
            wish = evolve(wish, after=read_token(wish, token))
        return await self._hierarchy.page(request.user_id, wish)
