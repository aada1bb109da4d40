"""Spec: Client-Server API, "Room aliases"."""

from attrs import frozen

from homeserver.errors import InvalidParam
from homeserver.events.ids import is_room_id
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.aliases import Aliases


@frozen(eq=False)
class AliasEndpoints:
    _aliases: Aliases

    @route("GET", "/v3/directory/room/{alias}", access=Access.PUBLIC)
    async def resolve(self, _: Request, alias: str) -> JsonObject:
        found = await self._aliases.resolve(alias)
        return {"room_id": found.room_id, "servers": list(found.via)}

    @route("PUT", "/v3/directory/room/{alias}", cost="message")
    async def create(self, request: Request, alias: str) -> JsonObject:
        room_id = field(request.json_object(), "room_id", str)
        if not is_room_id(room_id):
            raise InvalidParam("`room_id` is not the id of a room.")
        await self._aliases.create(request.requester, alias, room_id)
        return {}

    @route("DELETE", "/v3/directory/room/{alias}", cost="message")
    async def delete(self, request: Request, alias: str) -> JsonObject:
        await self._aliases.delete(request.requester, alias)
        return {}

    @route("GET", "/v3/rooms/{room_id}/aliases")
    async def of_room(self, request: Request, room_id: str) -> JsonObject:
        return {"aliases": await self._aliases.of_room(request.user_id, room_id)}
