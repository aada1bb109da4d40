"""Spec: Client-Server API, "Fully read markers"."""

from attrs import frozen

from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.read_markers import Markers, ReadMarkers
from homeserver.users.presence import Presence


@frozen(eq=False)
class ReadMarkerEndpoints:
    _read_markers: ReadMarkers
    _presence: Presence

    @route("POST", "/v3/rooms/{room_id}/read_markers")
    async def set(self, request: Request, room_id: str) -> JsonObject:
        body = request.json_object()
        public, private = (
            field(body, "m.read", str, None),
            field(body, "m.read.private", str, None),
        )
        if request.requester.is_shadow_banned:
            public, private = None, private or public
        markers = Markers(field(body, "m.fully_read", str, None), public, private)
        await self._read_markers.set(request.user_id, room_id, markers)
        self._presence.active(request.user_id, request.device_id)
        return {}
