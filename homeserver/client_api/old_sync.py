"""What clients used before /sync, and still use to look into rooms that are open to the world.

Spec: `GET /events` ("Room Previews"), `GET /initialSync`, `GET /rooms/{roomId}/initialSync`.
"""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.page_questions import limit_of, token_of
from homeserver.sync.event_stream import EventStream
from homeserver.sync.old_sync import OldSync

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


@frozen(eq=False)
class OldSyncEndpoints:
    _old_sync: OldSync
    _events: EventStream

    @route("GET", "/v3/events", access=Access.GUEST, waits=True)
    async def events(self, request: Request) -> JsonObject:
        return await self._events.events(
            request.requester,
            token_of(request, "from"),
            request.integer("timeout", 0),
            request.optional_text("room_id"),
        )

    @route("GET", "/v3/initialSync")
    async def all(self, request: Request) -> JsonObject:
        limit = limit_of(request, DEFAULT_LIMIT, MAX_LIMIT)
        return await self._old_sync.all(request.requester, limit, request.boolean("archived"))

    @route("GET", "/v3/rooms/{room_id}/initialSync", access=Access.GUEST)
    async def room(self, request: Request, room_id: str) -> JsonObject:
        limit = limit_of(request, DEFAULT_LIMIT, MAX_LIMIT)
        return await self._old_sync.room(request.requester, room_id, limit)
