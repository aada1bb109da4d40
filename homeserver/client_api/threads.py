"""Spec: Client-Server API, "Querying threads in a room"."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.page_questions import limit_of, token_of
from homeserver.rooms.threads import Threads, Wish

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


@frozen(eq=False)
class ThreadEndpoints:
    _threads: Threads

    @route("GET", "/v1/rooms/{room_id}/threads")
    @route("GET", "/unstable/org.matrix.msc3856/rooms/{room_id}/threads")
    async def page(self, request: Request, room_id: str) -> JsonObject:
        wish = Wish(
            room_id,
            request.choice("include", "all", ("all", "participated")) == "participated",
            limit_of(request, DEFAULT_LIMIT, MAX_LIMIT),
            token_of(request, "from"),
        )
        return await self._threads.page(request.requester, wish)
