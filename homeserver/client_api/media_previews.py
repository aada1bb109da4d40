"""Spec: Client-Server API, "Content repository": previews of links."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.media.previews import Previews


@frozen
class MediaPreviewEndpoints:
    _previews: Previews

    @route("GET", "/v1/media/preview_url", cost="url_preview", waits=True)
    @route(
        "GET",
        "/unstable/org.matrix.msc3916/media/preview_url",
        cost="url_preview",
        waits=True,
    )
    @route("GET", "/_matrix/media/v3/preview_url", cost="url_preview", waits=True)
    @route("GET", "/_matrix/media/r0/preview_url", cost="url_preview", waits=True)
    @route("GET", "/_matrix/media/v1/preview_url", cost="url_preview", waits=True)
    async def preview(self, request: Request) -> JsonObject:
        """`ts` is a wish for an older version; only the newest is kept."""
        request.integer("ts", 0)
        return await self._previews.of(request.required_text("url"))
