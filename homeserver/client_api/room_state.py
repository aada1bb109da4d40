"""Spec: Client-Server API: `GET /rooms/{roomId}/state`. Setting it is in sending.py."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.response import Response, json_response
from homeserver.http.routing import Access, route
from homeserver.rooms.room_state import RoomState


@frozen(eq=False)
class RoomStateEndpoints:
    _room_state: RoomState

    @route("GET", "/v3/rooms/{room_id}/state", access=Access.GUEST)
    async def all(self, request: Request, room_id: str) -> Response:
        return json_response(await self._room_state.all(request.requester, room_id))

    @route("GET", "/v3/rooms/{room_id}/state/{type}", access=Access.GUEST)
    async def one(self, request: Request, room_id: str, type: str) -> Response:
        return await self.one_with_key(request, room_id, type, "")

    @route("GET", "/v3/rooms/{room_id}/state/{type}/{state_key}", access=Access.GUEST)
    async def one_with_key(
        self, request: Request, room_id: str, type: str, state_key: str
    ) -> Response:
        whole = request.choice("format", "content", ("content", "event")) == "event"
        find = self._room_state.event if whole else self._room_state.content
        return Response(await find(request.requester, room_id, type, state_key))
