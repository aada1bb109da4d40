"""Spec: Server-Server API, "Server implementation"."""

from homeserver import __version__
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject


class VersionEndpoints:
    @route("GET", "/_matrix/federation/v1/version", access=Access.PUBLIC)
    async def version(self, request: Request) -> JsonObject:
        return {"server": {"name": "Isthmus", "version": __version__}}
