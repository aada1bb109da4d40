"""Spec: Server-Server API, "Published Room Directory"."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.directory import MAX_ROOMS, Directory, Query
from homeserver.rooms.directory_questions import answer, networks, query_of

PATH = "/_matrix/federation/v1/publicRooms"


@frozen(eq=False)
class PublicRoomEndpoints:
    _directory: Directory

    @route("GET", PATH, access=Access.SERVER)
    async def list(self, request: Request) -> JsonObject:
        limit = request.integer("limit", MAX_ROOMS, maximum=MAX_ROOMS) or MAX_ROOMS
        query = Query(
            limit=limit,
            since=request.optional_text("since"),
            networks=networks(
                request.optional_text("third_party_instance_id"),
                is_all=request.boolean("include_all_networks"),
            ),
        )
        return answer(await self._directory.search(query))

    @route("POST", PATH, access=Access.SERVER)
    async def search(self, request: Request) -> JsonObject:
        query = query_of(request.json_object_or_empty())
        return answer(await self._directory.search(query))
