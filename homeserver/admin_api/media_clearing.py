"""Files are deleted by age and size; which files a room names."""

from attrs import frozen

from homeserver.admin_api.fields import ADMIN
from homeserver.errors import InvalidParam
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.media.clearing import Clearing, Which

EARLIEST_MS = 30_000_000_000
"""Smaller numbers are seconds: nobody means the year 1970."""


@frozen(eq=False)
class MediaClearingEndpoints:
    _clearing: Clearing
    _server_name: str

    @route("POST", ADMIN + "/media/delete", access=Access.ADMIN)
    async def delete(self, request: Request) -> JsonObject:
        which = Which(
            before_ts=time_in(request),
            larger_than=request.integer("size_gt", 0),
            keeps_pictures=request.boolean("keep_profiles", True),
        )
        gone = await self._clearing.delete(which)
        return {"deleted_media": gone, "total": len(gone)}

    @route("POST", ADMIN + "/media/{origin}/delete", access=Access.ADMIN)
    async def delete_of(self, request: Request, origin: str) -> JsonObject:
        """The old spelling, with this server's name in it."""
        if origin != self._server_name:
            raise InvalidParam("Only files of this server can be deleted so.")
        return await self.delete(request)

    @route("POST", ADMIN + "/purge_media_cache", access=Access.ADMIN)
    async def delete_cached(self, request: Request) -> JsonObject:
        return {"deleted": await self._clearing.delete_cached(time_in(request))}

    @route("GET", ADMIN + "/room/{room_id}/media", access=Access.ADMIN)
    async def of_room(self, request: Request, room_id: str) -> JsonObject:
        ours, others = await self._clearing.of_room(room_id)
        return {"local": ours, "remote": others}


def time_in(request: Request) -> int:
    request.required_text("before_ts")
    before_ts = request.integer("before_ts", 0)
    if before_ts < EARLIEST_MS:
        raise InvalidParam("'before_ts' is a time in milliseconds, not in seconds.")
    return before_ts
