"""Spec: Client-Server API, "Mutual Rooms"; MSC2666 for the older path."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.mutual import MutualRooms


@frozen(eq=False)
class MutualRoomEndpoints:
    _mutual: MutualRooms

    @route("GET", "/v1/mutual_rooms", cost="search")
    async def page(self, request: Request) -> JsonObject:
        return await self._page(request, "from", "next_batch")

    @route("GET", "/unstable/uk.half-shot.msc2666/user/mutual_rooms", cost="search")
    async def old_page(self, request: Request) -> JsonObject:
        return await self._page(request, "batch_token", "next_batch_token")

    async def _page(self, request: Request, start: str, next: str) -> JsonObject:
        other = request.required_text("user_id")
        found = await self._mutual.page(request.user_id, other, request.optional_text(start))
        body: JsonObject = {"joined": found.joined, "count": found.count}
        return body if found.next is None else {**body, next: found.next}
