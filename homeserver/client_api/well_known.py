"""Spec: Client-Server API, "Well-known URIs"; Server-Server API, "Server discovery"."""

from homeserver.config.settings import Settings
from homeserver.errors import NotFound
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject


class WellKnownEndpoints:
    def __init__(self, settings: Settings) -> None:
        self._client = client_discovery(settings)
        self._support = settings.well_known.support
        self._server = settings.well_known.server

    @route("GET", "/.well-known/matrix/client", access=Access.PUBLIC)
    async def client(self, request: Request) -> JsonObject:
        return answer(self._client)

    @route("GET", "/.well-known/matrix/support", access=Access.PUBLIC)
    async def support(self, request: Request) -> JsonObject:
        return answer(self._support)

    @route("GET", "/.well-known/matrix/server", access=Access.PUBLIC)
    async def server(self, request: Request) -> JsonObject:
        return answer({"m.server": self._server} if self._server else {})


def client_discovery(settings: Settings) -> JsonObject:
    """Empty where the operator did not say where clients reach this server."""
    if settings.public_baseurl is None:
        return {}
    return {"m.homeserver": {"base_url": settings.baseurl}, **settings.well_known.client}


def answer(document: JsonObject) -> JsonObject:
    if not document:
        raise NotFound("This server says nothing about that.")
    return document
