"""Quarantine of files; the calls are those of Synapse's admin API."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.media.quarantine import Quarantine

ADMIN = "/_synapse/admin/v1"


@frozen(eq=False)
class MediaQuarantineEndpoints:
    _quarantine: Quarantine

    @route("POST", ADMIN + "/media/quarantine/{origin}/{media_id}", access=Access.ADMIN)
    async def file(self, request: Request, origin: str, media_id: str) -> JsonObject:
        await self._quarantine.file(request.requester, origin, media_id, hidden=True)
        return {}

    @route("POST", ADMIN + "/media/unquarantine/{origin}/{media_id}", access=Access.ADMIN)
    async def lift(self, request: Request, origin: str, media_id: str) -> JsonObject:
        await self._quarantine.file(request.requester, origin, media_id, hidden=False)
        return {}

    @route("POST", ADMIN + "/user/{user_id}/media/quarantine", access=Access.ADMIN)
    async def of_user(self, request: Request, user_id: str) -> JsonObject:
        return {"num_quarantined": await self._quarantine.of_user(request.requester, user_id)}

    @route("POST", ADMIN + "/room/{room_id}/media/quarantine", access=Access.ADMIN)
    @route("POST", ADMIN + "/quarantine_media/{room_id}", access=Access.ADMIN)
    async def of_room(self, request: Request, room_id: str) -> JsonObject:
        return {"num_quarantined": await self._quarantine.of_room(request.requester, room_id)}
