"""Spec: Client-Server API, "User Directory"."""

from attrs import frozen

from homeserver.errors import InvalidParam
from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.users.directory import DEFAULT_LIMIT, UserDirectory


@frozen(eq=False)
class UserDirectoryEndpoints:
    _directory: UserDirectory

    @route("POST", "/v3/user_directory/search")
    async def search(self, request: Request) -> JsonObject:
        body = request.json_object()
        term = field(body, "search_term", str)
        limit = field(body, "limit", int, DEFAULT_LIMIT)
        if limit < 1:
            raise InvalidParam("'limit' must be at least 1.")
        return await self._directory.search(request.user_id, term, limit)
