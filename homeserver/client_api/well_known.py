"""Spec: Client-Server API, "Well-known URIs"; Server-Server API, "Server discovery"."""

from homeserver.calls.transports import service_url
from homeserver.client_api.oauth_metadata import ACCOUNT, issuer_of
from homeserver.config.settings import Settings
from homeserver.errors import NotFound
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject

RTC_FOCI = "org.matrix.msc4143.rtc_foci"


class WellKnownEndpoints:
    def __init__(self, settings: Settings) -> None:
        self._client = client_discovery(settings)
        self._support = settings.well_known.support
        self._server = settings.well_known.server
        self._policy_key = settings.well_known.policy_server_key

    @route("GET", "/.well-known/matrix/client", access=Access.PUBLIC)
    async def client(self, request: Request) -> JsonObject:
        return answer(self._client)

    @route("GET", "/.well-known/matrix/support", access=Access.PUBLIC)
    async def support(self, request: Request) -> JsonObject:
        return answer(self._support)

    @route("GET", "/.well-known/matrix/policy_server", access=Access.PUBLIC)
    async def policy_server(self, request: Request) -> JsonObject:
        return answer({"public_keys": {"ed25519": self._policy_key}} if self._policy_key else {})

    @route("GET", "/.well-known/matrix/server", access=Access.PUBLIC)
    async def server(self, request: Request) -> JsonObject:
        return answer({"m.server": self._server} if self._server else {})


def client_discovery(settings: Settings) -> JsonObject:
    """Empty where the operator did not say where clients reach this server."""
    if settings.public_baseurl is None:
        return {}
    return {
        "m.homeserver": {"base_url": settings.baseurl},
        **authentication(settings),
        **call_transports(settings),
        **maps(settings.well_known.map_style_url),
        **settings.well_known.client,
    }


def authentication(settings: Settings) -> JsonObject:
    """MSC2965: where apps from before Matrix 1.15 find OAuth 2.0."""
    if not settings.has_oauth:
        return {}
    told = {"issuer": issuer_of(settings.baseurl), "account": settings.baseurl + ACCOUNT}
    return {"org.matrix.msc2965.authentication": told}


def call_transports(settings: Settings) -> JsonObject:
    """MSC4143: where older clients find what carries calls of many people."""
    service = service_url(settings)
    if service is None:
        return {}
    return {RTC_FOCI: [{"type": "livekit", "livekit_service_url": service}]}


def maps(style_url: str | None) -> JsonObject:
    """MSC3488, under the name that clients of today and of tomorrow know.

    Not under the one to come as well: matrix-rust-sdk takes both for the same key, told twice.
    """
    if style_url is None:
        return {}
    return {"org.matrix.msc3488.tile_server": {"map_style_url": style_url}}


def answer(document: JsonObject) -> JsonObject:
    if not document:
        raise NotFound("This server says nothing about that.")
    return document
