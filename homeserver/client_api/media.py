"""Spec: Client-Server API, "Content repository": files and their thumbnails."""

from attrs import frozen

from homeserver.client_api.media_answers import PRIVATE, PUBLIC, answer
from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.media.contents import Contents
from homeserver.media.downloads import Downloads
from homeserver.media.questions import wait_ms, wish_of
from homeserver.media.thumbnails import Thumbnails

DOWNLOAD = "media/download/{server}/{media_id}"
THUMBNAIL = "media/thumbnail/{server}/{media_id}"
UNSTABLE = "/unstable/org.matrix.msc3916/"


@frozen
class MediaEndpoints:
    """Those that ask for a token."""

    _downloads: Downloads
    _contents: Contents
    _thumbnails: Thumbnails
    _max_upload_bytes: int

    @route("GET", "/v1/" + DOWNLOAD, access=Access.GUEST, waits=True)
    @route("GET", "/v1/" + DOWNLOAD + "/{file_name}", access=Access.GUEST, waits=True)
    @route("GET", UNSTABLE + DOWNLOAD, access=Access.GUEST, waits=True)
    @route("GET", UNSTABLE + DOWNLOAD + "/{file_name}", access=Access.GUEST, waits=True)
    async def download(
        self, request: Request, server: str, media_id: str, file_name: str | None = None
    ) -> Response:
        found = await self._downloads.find(
            server, media_id, wait_ms=wait_ms(request), authenticated=True
        )
        content = self._contents.of(found, file_name)
        return await answer(request, content, self._contents, PRIVATE)

    @route("GET", "/v1/" + THUMBNAIL, access=Access.GUEST, waits=True)
    @route("GET", UNSTABLE + THUMBNAIL, access=Access.GUEST, waits=True)
    async def thumbnail(self, request: Request, server: str, media_id: str) -> Response:
        wish = wish_of(request)
        found = await self._downloads.find(
            server, media_id, wait_ms=wait_ms(request), authenticated=True
        )
        content = await self._thumbnails.of(found, wish)
        return await answer(request, content, self._contents, PRIVATE)

    @route("GET", "/v1/media/config")
    @route("GET", UNSTABLE + "media/config")
    @route("GET", "/_matrix/media/v3/config")
    @route("GET", "/_matrix/media/r0/config")
    @route("GET", "/_matrix/media/v1/config")
    async def config(self, request: Request) -> JsonObject:
        return {"m.upload.size": self._max_upload_bytes}


@frozen
class OpenMediaEndpoints:
    """The older ones, which ask for no token and show only what is not frozen."""

    _downloads: Downloads
    _contents: Contents
    _thumbnails: Thumbnails

    @route(
        "GET", "/_matrix/media/v3/download/{server}/{media_id}", access=Access.PUBLIC, waits=True
    )
    @route(
        "GET",
        "/_matrix/media/v3/download/{server}/{media_id}/{file_name}",
        access=Access.PUBLIC,
        waits=True,
    )
    @route(
        "GET", "/_matrix/media/r0/download/{server}/{media_id}", access=Access.PUBLIC, waits=True
    )
    @route(
        "GET",
        "/_matrix/media/r0/download/{server}/{media_id}/{file_name}",
        access=Access.PUBLIC,
        waits=True,
    )
    @route(
        "GET", "/_matrix/media/v1/download/{server}/{media_id}", access=Access.PUBLIC, waits=True
    )
    @route(
        "GET",
        "/_matrix/media/v1/download/{server}/{media_id}/{file_name}",
        access=Access.PUBLIC,
        waits=True,
    )
    async def download(
        self, request: Request, server: str, media_id: str, file_name: str | None = None
    ) -> Response:
        found = await self._downloads.find(
            server,
            media_id,
            wait_ms=wait_ms(request),
            authenticated=False,
            fetch=request.boolean("allow_remote", True),
        )
        content = self._contents.of(found, file_name)
        return await answer(request, content, self._contents, PUBLIC)

    @route(
        "GET", "/_matrix/media/v3/thumbnail/{server}/{media_id}", access=Access.PUBLIC, waits=True
    )
    @route(
        "GET", "/_matrix/media/r0/thumbnail/{server}/{media_id}", access=Access.PUBLIC, waits=True
    )
    @route(
        "GET", "/_matrix/media/v1/thumbnail/{server}/{media_id}", access=Access.PUBLIC, waits=True
    )
    async def thumbnail(self, request: Request, server: str, media_id: str) -> Response:
        wish = wish_of(request)
        found = await self._downloads.find(
            server,
            media_id,
            wait_ms=wait_ms(request),
            authenticated=False,
            fetch=request.boolean("allow_remote", True),
        )
        content = await self._thumbnails.of(found, wish)
        return await answer(request, content, self._contents, PUBLIC)
