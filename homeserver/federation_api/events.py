"""Spec: Server-Server API, "Retrieving events", "Backfilling and retrieving missing events",
"Retrieving event authorization information".
"""

from attrs import frozen

from homeserver.errors import InvalidParam, MissingParam
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.serving.events import RoomEvents

V1 = "/_matrix/federation/v1"
MAX_STARTS = 20


@frozen(eq=False)
class EventEndpoints:
    _events: RoomEvents

    @route("GET", V1 + "/event/{event_id}", access=Access.SERVER)
    async def event(self, request: Request, event_id: str) -> JsonObject:
        return await self._events.event(request.origin, event_id)

    @route("GET", V1 + "/event_auth/{room_id}/{event_id}", access=Access.SERVER)
    async def event_auth(self, request: Request, room_id: str, event_id: str) -> JsonObject:
        return await self._events.auth_chain(request.origin, room_id, event_id)

    @route("GET", V1 + "/state/{room_id}", access=Access.SERVER)
    async def state(self, request: Request, room_id: str) -> JsonObject:
        event_id = request.required_text("event_id")
        return await self._events.state(request.origin, room_id, event_id)

    @route("GET", V1 + "/state_ids/{room_id}", access=Access.SERVER)
    async def state_ids(self, request: Request, room_id: str) -> JsonObject:
        event_id = request.required_text("event_id")
        return await self._events.state_ids(request.origin, room_id, event_id)

    @route("GET", V1 + "/backfill/{room_id}", access=Access.SERVER)
    async def backfill(self, request: Request, room_id: str) -> JsonObject:
        starts = request.parameters.get("v", [])[:MAX_STARTS]
        if not starts:
            raise MissingParam("The query parameter 'v' is missing.")
        request.required_text("limit")
        limit = request.integer("limit", 1, minimum=1)
        return await self._events.backfill(request.origin, room_id, starts, limit)

    @route("POST", V1 + "/get_missing_events/{room_id}", access=Access.SERVER)
    async def missing(self, request: Request, room_id: str) -> JsonObject:
        body = request.json_object()
        latest = _event_ids(body, "latest_events")
        earliest = _event_ids(body, "earliest_events")
        limit, min_depth = field(body, "limit", int, 10), field(body, "min_depth", int, 0)
        return await self._events.missing(
            request.origin, room_id, latest, earliest, max(limit, 0), min_depth
        )

    @route("GET", V1 + "/timestamp_to_event/{room_id}", access=Access.SERVER)
    async def timestamp_to_event(self, request: Request, room_id: str) -> JsonObject:
        request.required_text("ts")
        ts, backwards = request.integer("ts", 0), request.direction() == "b"
        return await self._events.closest(request.origin, room_id, ts, backwards)


def _event_ids(body: JsonObject, name: str) -> list[str]:
    found: list[str] = field(body, name, list)[:MAX_STARTS]
    if not all(isinstance(event_id, str) and "\0" not in event_id for event_id in found):
        raise InvalidParam(f"'{name}' must hold event ids.")
    return found
