"""Files as answers: whole, in part, or not at all because the client has them."""

from homeserver.errors import MatrixError
from homeserver.http.ranges import Unsatisfiable, is_known, part_of
from homeserver.http.request import Request
from homeserver.http.response import Response, error_response
from homeserver.media.contents import Content, Contents

POLICY = (
    "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; "
    "style-src 'unsafe-inline'; object-src 'self';"
)
"""As the specification recommends: a browser that shows a file runs nothing of it."""

SAFETY = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Robots-Tag", "noindex, nofollow, noarchive, noimageindex"),
)

Headers = tuple[tuple[str, str], ...]

PRIVATE = "private, max-age=31536000, immutable"
PUBLIC = "public, max-age=86400, immutable"


async def answer(request: Request, content: Content, contents: Contents, cache: str) -> Response:
    """`cache` is the value of Cache-Control."""
    headers: Headers = (*SAFETY, ("Cache-Control", cache), ("ETag", f'"{content.tag}"'))
    if is_known(request, content.tag):
        return Response(status=304, headers=headers)
    try:
        part = part_of(request, content.size, content.tag)
    except Unsatisfiable:
        return _unsatisfiable(content)
    headers += (("Accept-Ranges", "bytes"), ("Content-Disposition", content.disposition))
    if part is None:
        return await _part(request, content, contents, (0, content.size), 200, headers)
    start, length = part
    shown = f"bytes {start}-{start + length - 1}/{content.size}"
    return await _part(request, content, contents, part, 206, (*headers, ("Content-Range", shown)))


async def _part(
    request: Request,
    content: Content,
    contents: Contents,
    part: tuple[int, int],
    status: int,
    headers: Headers,
) -> Response:
    body = await contents.read(content, *part)
    if isinstance(body, bytes):
        return Response(body, status, content.content_type, headers)
    return Response(b"", status, content.content_type, headers, body)


def _unsatisfiable(content: Content) -> Response:
    error = error_response(MatrixError("The file has no such part.", status=416))
    return Response(error.body, 416, headers=(("Content-Range", f"bytes */{content.size}"),))
