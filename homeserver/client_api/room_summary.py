"""Spec: Client-Server API, "Room Summaries"; MSC3266 for the older paths and names."""

from attrs import frozen

from homeserver.client_api.account import requester_of
from homeserver.errors import InvalidParam
from homeserver.events.ids import is_server_name
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.summaries import Summaries

MAX_VIA = 10

OLD_NAMES = {
    "room_version": "im.nheko.summary.room_version",
    "encryption": "im.nheko.summary.encryption",
}


@frozen(eq=False)
class RoomSummaryEndpoints:
    _summaries: Summaries

    @route("GET", "/v1/room_summary/{room}", access=Access.OPTIONAL)
    async def summary(self, request: Request, room: str) -> JsonObject:
        return await self._find(request, room)

    @route("GET", "/unstable/im.nheko.summary/summary/{room}", access=Access.OPTIONAL)
    @route("GET", "/unstable/im.nheko.summary/rooms/{room}/summary", access=Access.OPTIONAL)
    async def old_summary(self, request: Request, room: str) -> JsonObject:
        found = await self._find(request, room)
        return {**found, **{old: found[name] for name, old in OLD_NAMES.items() if name in found}}

    async def _find(self, request: Request, room: str) -> JsonObject:
        if not room.startswith(("!", "#")):
            raise InvalidParam("Name a room by its id or alias: !id or #alias:example.org.")
        requester = requester_of(request)
        via = request.parameters.get("via", [])[:MAX_VIA]
        return await self._summaries.find(
            requester.user_id if requester else None, room, list(filter(is_server_name, via))
        )
