"""Spec: Client-Server API: `GET /rooms/{roomId}/event/{eventId}`, `/timestamp_to_event`."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.messages import Messages
from homeserver.rooms.timestamps import Moment, Timestamps

UNREDACTED = "fi.mau.msc2815.include_unredacted_content"


@frozen(eq=False)
class EventEndpoints:
    _messages: Messages
    _timestamps: Timestamps

    @route("GET", "/v3/rooms/{room_id}/event/{event_id}", access=Access.GUEST)
    async def event(self, request: Request, room_id: str, event_id: str) -> Response:
        if request.query and request.boolean(UNREDACTED):
            found = await self._messages.event_unredacted(request.requester, room_id, event_id)
            return Response(found)
        return Response(await self._messages.event(request.requester, room_id, event_id))

    @route("GET", "/v3/events/{event_id}")
    async def event_of_any_room(self, request: Request, event_id: str) -> Response:
        """Deprecated, but simple."""
        return Response(await self._messages.event(request.requester, None, event_id))

    @route("GET", "/v1/rooms/{room_id}/timestamp_to_event")
    @route("GET", "/unstable/org.matrix.msc3030/rooms/{room_id}/timestamp_to_event")
    async def closest(self, request: Request, room_id: str) -> JsonObject:
        request.required_text("ts")
        ts, backwards = request.integer("ts", 0), request.direction() == "b"
        return await self._timestamps.closest(request.user_id, room_id, Moment(ts, backwards))
