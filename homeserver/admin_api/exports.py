"""What is kept about a user: taken out in one archive, and what was removed of who was erased."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.users.administration import Administration
from homeserver.users.exports import Exports

USER = "/_isthmus/admin/v1/users/{user_id}"


@frozen(eq=False)
class ExportEndpoints:
    _administration: Administration
    _exports: Exports

    @route("POST", USER + "/export", access=Access.ADMIN)
    async def begin(self, request: Request, user_id: str) -> JsonObject:
        await self._administration.find(user_id)
        return {"export_id": await self._exports.begin(user_id)}

    @route("GET", USER + "/export/{export_id}", access=Access.ADMIN)
    async def status(self, request: Request, user_id: str, export_id: str) -> JsonObject:
        return await self._exports.status(user_id, export_id)

    @route("GET", USER + "/export/{export_id}/archive", access=Access.ADMIN)
    async def archive(self, request: Request, user_id: str, export_id: str) -> Response:
        return await self._exports.fetch(user_id, export_id)

    @route("GET", USER + "/erasure", access=Access.ADMIN)
    async def erasure(self, request: Request, user_id: str) -> JsonObject:
        found = await self._administration.erasure(user_id)
        return {"erased_ts": found.erased_ts, "removed": found.removed, "kept": found.kept}
