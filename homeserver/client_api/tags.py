"""Spec: Client-Server API, "Room Tagging"."""

from attrs import frozen

from homeserver.client_api.ownership import must_be_own
from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.users.tags import Tags


@frozen(eq=False)
class TagEndpoints:
    _tags: Tags

    @route("GET", "/v3/user/{user_id}/rooms/{room_id}/tags")
    async def get_tags(self, request: Request, user_id: str, room_id: str) -> JsonObject:
        must_be_own(request, user_id)
        return {"tags": await self._tags.of_room(user_id, room_id)}

    @route("PUT", "/v3/user/{user_id}/rooms/{room_id}/tags/{tag}")
    async def put_tag(self, request: Request, user_id: str, room_id: str, tag: str) -> JsonObject:
        must_be_own(request, user_id)
        await self._tags.put(user_id, room_id, tag, request.json_object())
        return {}

    @route("DELETE", "/v3/user/{user_id}/rooms/{room_id}/tags/{tag}")
    async def delete_tag(
        self, request: Request, user_id: str, room_id: str, tag: str
    ) -> JsonObject:
        must_be_own(request, user_id)
        await self._tags.delete(user_id, room_id, tag)
        return {}
