"""Spec: Client-Server API, "Reporting Content"; MSC4151 and MSC4260 for the older paths."""

from attrs import frozen

from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.reports import Reports


@frozen(eq=False)
class ReportEndpoints:
    _reports: Reports

    @route("POST", "/v3/rooms/{room_id}/report", cost="report")
    @route("POST", "/unstable/org.matrix.msc4151/rooms/{room_id}/report", cost="report")
    async def room(self, request: Request, room_id: str) -> JsonObject:
        reason = field(request.json_object(), "reason", str)
        await self._reports.room(request.user_id, room_id, reason)
        return {}

    @route("POST", "/v3/rooms/{room_id}/report/{event_id}", cost="report")
    async def event(self, request: Request, room_id: str, event_id: str) -> JsonObject:
        reason = field(request.json_object(), "reason", str, "")
        await self._reports.event(request.user_id, room_id, event_id, reason)
        return {}

    @route("POST", "/v3/users/{user_id}/report", cost="report")
    @route("POST", "/unstable/org.matrix.msc4260/users/{user_id}/report", cost="report")
    async def user(self, request: Request, user_id: str) -> JsonObject:
        reason = field(request.json_object(), "reason", str)
        await self._reports.user(request.user_id, user_id, reason)
        return {}
