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

DOWNLOADS = ("download/{server}/{media_id}", "download/{server}/{media_id}/{file_name}")
THUMBNAIL = "thumbnail/{server}/{media_id}"
ROOTS = ("/v1/media", "/unstable/org.matrix.msc3916/media")
OPEN_ROOTS = ("/_matrix/media/v3", "/_matrix/media/r0", "/_matrix/media/v1")


def below(roots: tuple[str, ...], *paths: str) -> list[str]:
    return [f"{root}/{path}" for root in roots for path in paths]


@frozen
class MediaEndpoints:
    """Those that ask for a token."""

    _downloads: Downloads
    _contents: Contents
    _thumbnails: Thumbnails
    _max_upload_bytes: int

    @route("GET", *below(ROOTS, *DOWNLOADS), access=Access.GUEST, waits=True)
    async def download(
        self, request: Request, server: str, media_id: str, file_name: str | None = None
    ) -> Response:
        found = await self._downloads.find(
            server, media_id, wait_ms=wait_ms(request), authenticated=True
        )
        content = self._contents.of(found, file_name)
        return await answer(request, content, self._contents, PRIVATE)

    @route("GET", *below(ROOTS, THUMBNAIL), access=Access.GUEST, waits=True)
    async def thumbnail(self, request: Request, server: str, media_id: str) -> Response:
        wish = wish_of(request)
        found = await self._downloads.find(
            server, media_id, wait_ms=wait_ms(request), authenticated=True
        )
        content = await self._thumbnails.of(found, wish)
        return await answer(request, content, self._contents, PRIVATE)

    @route("GET", *below(ROOTS + OPEN_ROOTS, "config"))
    async def config(self, request: Request) -> JsonObject:
        return {"m.upload.size": self._max_upload_bytes}


@frozen
class OpenMediaEndpoints:
    """The older ones, which ask for no token and show only what is not frozen."""

    _downloads: Downloads
    _contents: Contents
    _thumbnails: Thumbnails

    @route("GET", *below(OPEN_ROOTS, *DOWNLOADS), access=Access.PUBLIC, waits=True)
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

    @route("GET", *below(OPEN_ROOTS, THUMBNAIL), access=Access.PUBLIC, waits=True)
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
