"""Spec: Client-Server API, "Published room directory"."""

from attrs import frozen

from homeserver.client_api.room_creation import is_public
from homeserver.errors import Forbidden
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.directory import MAX_ROOMS, Directory, Query
from homeserver.rooms.directory_questions import answer, query_of
from homeserver.rooms.remote import RemoteRooms


@frozen(eq=False)
class DirectoryEndpoints:
    _directory: Directory
    _remote: RemoteRooms
    _server_name: str

    @route("GET", "/v3/directory/list/room/{room_id}", access=Access.PUBLIC)
    async def visibility(self, _: Request, room_id: str) -> JsonObject:
        public = await self._directory.is_published(room_id)
        return {"visibility": "public" if public else "private"}

    @route("PUT", "/v3/directory/list/room/{room_id}", cost="message")
    async def publish(self, request: Request, room_id: str) -> JsonObject:
        public = is_public(request.json_object_or_empty(), "public")
        await self._directory.publish(request.requester, room_id, public)
        return {}

    @route("PUT", "/v3/directory/list/appservice/{network}/{room_id}")
    async def publish_in_network(self, request: Request, network: str, room_id: str) -> JsonObject:
        """Application Service API, "Published room directory"."""
        service = request.requester.appservice
        if not service:
            raise Forbidden("Only application services publish rooms of other networks.")
        public = is_public(request.json_object(), "public")
        await self._directory.publish_in_network(f"{service}|{network}", room_id, public)
        return {}

    @route("GET", "/v3/publicRooms", access=Access.PUBLIC)
    async def list(self, request: Request) -> JsonObject:
        server = request.optional_text("server")
        limit = request.integer("limit", MAX_ROOMS, maximum=MAX_ROOMS) or MAX_ROOMS
        since = request.optional_text("since")
        if server is not None and server != self._server_name:
            query = {"limit": limit} if since is None else {"limit": limit, "since": since}
            return await self._remote.public_rooms(server, query)
        return answer(await self._directory.search(Query(limit=limit, since=since)))

    @route("POST", "/v3/publicRooms")
    async def search(self, request: Request) -> JsonObject:
        body, server = request.json_object_or_empty(), request.optional_text("server")
        query = query_of(body)
        if server is not None and server != self._server_name:
            return await self._remote.public_rooms(server, body)
        return answer(await self._directory.search(query))
