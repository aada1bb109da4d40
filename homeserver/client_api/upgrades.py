"""Spec: Client-Server API, "Room Upgrades"."""

from attrs import frozen

from homeserver.errors import BadJson
from homeserver.events.room_versions import room_version
from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.rooms.upgrades import Upgrades


@frozen(eq=False)
class UpgradeEndpoints:
    _upgrades: Upgrades

    @route("POST", "/v3/rooms/{room_id}/upgrade", cost="join")
    async def upgrade(self, request: Request, room_id: str) -> JsonObject:
        body = request.json_object()
        version = room_version(field(body, "new_version", str))
        creators = field(body, "additional_creators", list, [])
        if not all(isinstance(user, str) for user in creators):
            raise BadJson("`additional_creators` must be a list of strings.")
        replacement = await self._upgrades.upgrade(
            request.requester, room_id, version, tuple(creators)
        )
        return {"replacement_room": replacement}
