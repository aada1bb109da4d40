"""Answers as bytes."""

import re

from attrs import frozen

from homeserver.errors import MatrixError
from homeserver.http.bodies import Source
from homeserver.json_values import JsonValue, encode

REASONS = {
    200: b"OK",
    201: b"Created",
    202: b"Accepted",
    204: b"No Content",
    206: b"Partial Content",
    302: b"Found",
    303: b"See Other",
    304: b"Not Modified",
    307: b"Temporary Redirect",
    400: b"Bad Request",
    401: b"Unauthorized",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    408: b"Request Timeout",
    409: b"Conflict",
    412: b"Precondition Failed",
    413: b"Payload Too Large",
    414: b"URI Too Long",
    416: b"Range Not Satisfiable",
    429: b"Too Many Requests",
    431: b"Request Header Fields Too Large",
    500: b"Internal Server Error",
    501: b"Not Implemented",
    502: b"Bad Gateway",
    503: b"Service Unavailable",
    504: b"Gateway Timeout",
}

# Client-Server API, "Web Browser Clients".
CORS = (
    b"Access-Control-Allow-Origin: *\r\n"
    b"Access-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS\r\n"
    b"Access-Control-Allow-Headers: X-Requested-With, Content-Type, Authorization, Date, "
    b"If-Match, If-None-Match\r\n"
)

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

JSON_TYPE = "application/json"


@frozen
class Response:
    """`body` is sent as it is; or, instead of it, what `source` holds."""

    body: bytes = b""
    status: int = 200
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    source: Source | None = None


def json_response(value: JsonValue, status: int = 200) -> Response:
    return Response(encode(value), status)


def error_response(error: MatrixError) -> Response:
    headers: tuple[tuple[str, str], ...] = ()
    if error.status == 429 and (wait_ms := error.extra.get("retry_after_ms")):
        headers = (("Retry-After", str(-(-int(str(wait_ms)) // 1000))),)
    return Response(encode(error.body()), error.status, headers=headers)


_JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + CORS + b"Content-Length: "


def head_of(response: Response, *, keep_alive: bool) -> bytes:
    """The status line and headers, up to and with the empty line."""
    length = b"%d" % len(response.body)
    end = b"\r\n\r\n" if keep_alive else b"\r\nConnection: close\r\n\r\n"
    is_json = response.status == 200 and response.content_type is JSON_TYPE
    if is_json and not response.headers and response.source is None:
        return _JSON_HEAD + length + end
    reason = REASONS.get(response.status, b"Unknown")
    lines = [b"HTTP/1.1 %d %s\r\n" % (response.status, reason), CORS]
    has_body = response.status not in (204, 304)
    if has_body:
        lines.append(b"Content-Type: %s\r\n" % line_of(response.content_type))
    lines += [
        b"%s: %s\r\n" % (name.encode("latin-1"), line_of(value)) for name, value in response.headers
    ]
    if response.source is not None:
        length = b"%d" % response.source.length
    if has_body:
        lines += [b"Content-Length: ", length, b"\r\n"]
    return b"".join(lines) + end[2:]


def line_of(value: str) -> bytes:
    """A header's value: whatever it holds, it begins no line of its own."""
    return _CONTROL.sub(" ", value).encode("latin-1", "replace")
