"""Spec: Server-Server API, "Content Repository"."""

from attrs import frozen

from homeserver.http.bodies import Source
from homeserver.http.request import Request
from homeserver.http.response import Response, line_of
from homeserver.http.routing import Access, route
from homeserver.media.contents import Content, Contents
from homeserver.media.downloads import Downloads
from homeserver.media.questions import wait_ms, wish_of
from homeserver.media.thumbnails import Thumbnails
from homeserver.randomness import Random

V1 = "/_matrix/federation/v1/media"


@frozen
class MediaForServers:
    """Files of our users: those of other servers are to be had there."""

    _server_name: str
    _downloads: Downloads
    _contents: Contents
    _thumbnails: Thumbnails
    _random: Random

    @route("GET", V1 + "/download/{media_id}", access=Access.SERVER, waits=True)
    async def download(self, request: Request, media_id: str) -> Response:
        found = await self._downloads.find(
            self._server_name, media_id, wait_ms=wait_ms(request), authenticated=True
        )
        return await self._answer(self._contents.of(found))

    @route("GET", V1 + "/thumbnail/{media_id}", access=Access.SERVER, waits=True)
    async def thumbnail(self, request: Request, media_id: str) -> Response:
        wish = wish_of(request)
        found = await self._downloads.find(
            self._server_name, media_id, wait_ms=wait_ms(request), authenticated=True
        )
        return await self._answer(await self._thumbnails.of(found, wish))

    async def _answer(self, content: Content) -> Response:
        boundary = self._random(16).hex()
        body = await self._contents.read(content, 0, content.size)
        before, behind = _head(boundary, content), f"\r\n--{boundary}--\r\n".encode()
        content_type = f"multipart/mixed; boundary={boundary}"
        if isinstance(body, bytes):
            return Response(before + body + behind, 200, content_type)
        return Response(b"", 200, content_type, (), Between(before, body, behind))


def _head(boundary: str, content: Content) -> bytes:
    return b"".join(
        (
            f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode(),
            f"{{}}\r\n--{boundary}\r\n".encode(),
            b"Content-Type: %b\r\n" % line_of(content.content_type),
            b"Content-Disposition: %b\r\n\r\n" % line_of(content.disposition),
        )
    )


class Between:
    """A source with some bytes before it and some behind."""

    def __init__(self, before: bytes, middle: Source, behind: bytes) -> None:
        self.length = len(before) + middle.length + len(behind)
        self._before = before
        self._middle = middle
        self._behind = behind
        self._left = middle.length

    async def read(self, size: int) -> bytes:
        if self._before:
            data, self._before = self._before[:size], self._before[size:]
        elif self._left:
            data = await self._middle.read(min(size, self._left))
            self._left -= len(data)
        else:
            data, self._behind = self._behind[:size], self._behind[size:]
        return data

    def close(self) -> None:
        self._middle.close()
