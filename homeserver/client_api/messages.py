"""Spec: Client-Server API, "Getting events for a room": `/messages`, `/context`."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.messages import Messages, Wish
from homeserver.rooms.page_questions import DEFAULT_LIMIT, MAX_LIMIT, filter_of, limit_of, token_of

MAX_CONTEXT = 100


@frozen(eq=False)
class MessageEndpoints:
    _messages: Messages

    @route("GET", "/v3/rooms/{room_id}/messages", access=Access.GUEST)
    async def page(self, request: Request, room_id: str) -> JsonObject:
        backwards = request.direction() == "b"
        filter = filter_of(request)
        wish = Wish(
            request.requester,
            room_id,
            backwards,
            min(limit_of(request, filter.limit or DEFAULT_LIMIT), filter.limit or MAX_LIMIT),
            filter,
            token_of(request, "from"),
            token_of(request, "to"),
        )
        return await self._messages.page(wish)

    @route("GET", "/v3/rooms/{room_id}/context/{event_id}", access=Access.GUEST)
    async def around(self, request: Request, room_id: str, event_id: str) -> JsonObject:
        limit = request.integer("limit", DEFAULT_LIMIT, maximum=MAX_CONTEXT)
        return await self._messages.around(
            request.requester, room_id, event_id, limit, filter_of(request)
        )
