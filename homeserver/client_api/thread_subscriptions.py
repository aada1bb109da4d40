"""Thread subscriptions: MSC4306 and MSC4308."""

from attrs import frozen

from homeserver.errors import BadJson
from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.page_questions import limit_of, token_of
from homeserver.rooms.thread_subscriptions import ThreadSubscriptions

PATH = "/unstable/io.element.msc4306/rooms/{room_id}/thread/{root}/subscription"
DEFAULT_LIMIT, MAX_LIMIT = 100, 1000


@frozen(eq=False)
class ThreadSubscriptionEndpoints:
    _subscriptions: ThreadSubscriptions

    @route("GET", PATH)
    async def find(self, request: Request, room_id: str, root: str) -> JsonObject:
        return {"automatic": await self._subscriptions.find(request.requester, room_id, root)}

    @route("PUT", PATH)
    async def subscribe(self, request: Request, room_id: str, root: str) -> JsonObject:
        because = request.json_object_or_empty().get("automatic")
        if because is not None and not isinstance(because, str):
            raise BadJson("'automatic' must be the id of the event that mentions the user.")
        await self._subscriptions.subscribe(request.requester, room_id, root, because)
        return {}

    @route("DELETE", PATH)
    async def unsubscribe(self, request: Request, room_id: str, root: str) -> JsonObject:
        await self._subscriptions.unsubscribe(request.requester, room_id, root)
        return {}

    @route("GET", "/unstable/io.element.msc4308/thread_subscriptions")
    async def page(self, request: Request) -> JsonObject:
        """Only backwards: from what a sync has told, or from now."""
        request.choice("dir", "b", ("b",))
        return await self._subscriptions.page(
            request.user_id,
            token_of(request, "to") or 0,
            token_of(request, "from"),
            limit_of(request, DEFAULT_LIMIT, MAX_LIMIT),
        )
