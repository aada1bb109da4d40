"""What was said in rooms: read by administrators who are not in them, and deleted by them."""

from attrs import evolve, frozen

from homeserver.admin_api.fields import ADMIN
from homeserver.errors import InvalidParam
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.hierarchy import Hierarchy, wish_of
from homeserver.rooms.history_purge import KIND, Bounds, HistoryPurge
from homeserver.rooms.inspecting import Inspecting
from homeserver.rooms.jobs import Jobs
from homeserver.rooms.messages import Wish
from homeserver.rooms.page_questions import filter_of, limit_of, token_of
from homeserver.rooms.timestamps import Moment

ROOM = ADMIN + "/rooms/{room_id}"
PURGE = ADMIN + "/purge_history/{room_id}"


@frozen(eq=False)
class AdminHistoryEndpoints:
    _inspecting: Inspecting
    _hierarchy: Hierarchy

    @route("GET", ROOM + "/messages", access=Access.ADMIN)
    async def messages(self, request: Request, room_id: str) -> JsonObject:
        wish = Wish(
            request.requester,
            room_id,
            request.choice("dir", "f", ("f", "b")) == "b",
            limit_of(request),
            filter_of(request),
            token_of(request, "from"),
            token_of(request, "to"),
        )
        return await self._inspecting.messages(wish)

    @route("GET", ROOM + "/timestamp_to_event", access=Access.ADMIN)
    async def closest(self, request: Request, room_id: str) -> JsonObject:
        backwards = request.choice("dir", "f", ("f", "b")) == "b"
        request.required_text("ts")
        moment = Moment(request.integer("ts", 0), backwards)
        return await self._inspecting.closest(room_id, moment)

    @route("GET", ROOM + "/hierarchy", access=Access.ADMIN)
    async def hierarchy(self, request: Request, room_id: str) -> JsonObject:
        return await self._hierarchy.page_for_administrators(wish_of(request, room_id))


@frozen(eq=False)
class HistoryPurgeEndpoints:
    _purge: HistoryPurge
    _jobs: Jobs

    @route("POST", PURGE, access=Access.ADMIN)
    async def begin(self, request: Request, room_id: str) -> JsonObject:
        return await self._begin(request, room_id, Bounds())

    @route("POST", PURGE + "/{event_id}", access=Access.ADMIN)
    async def begin_before(self, request: Request, room_id: str, event_id: str) -> JsonObject:
        return await self._begin(request, room_id, Bounds(event_id=event_id))

    @route("GET", ADMIN + "/purge_history_status/{purge_id}", access=Access.ADMIN)
    async def status(self, request: Request, purge_id: str) -> JsonObject:
        job = await self._jobs.find(KIND, purge_id)
        shown: JsonObject = {"status": "active" if job.status == "scheduled" else job.status}
        return {**shown, "error": job.progress["error"]} if "error" in job.progress else shown

    async def _begin(self, request: Request, room_id: str, bounds: Bounds) -> JsonObject:
        body = request.json_object_or_empty()
        if bounds.event_id is None:
            event_id, ts = (
                field(body, "purge_up_to_event_id", str, None),
                field(body, "purge_up_to_ts", int, None),
            )
            if ts is not None and not 0 <= ts < 2**53:
                raise InvalidParam("'purge_up_to_ts' must be a time in milliseconds.")
            bounds = Bounds(event_id=event_id, ts=ts)
        bounds = evolve(bounds, takes_ours=field(body, "delete_local_events", bool, False))
        return {"purge_id": await self._purge.begin(room_id, bounds)}
