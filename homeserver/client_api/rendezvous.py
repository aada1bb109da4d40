"""MSC4108, in the version of 2024, and MSC4388: meeting places for signing in by a QR code."""

from email.utils import formatdate
from urllib.parse import quote

from attrs import frozen

from homeserver.errors import InvalidParam, MatrixError, MissingParam
from homeserver.http.request import Request, field, header
from homeserver.http.response import Response, json_response
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.users.rendezvous import Meeting, Rendezvous

BY_TAGS = "/unstable/org.matrix.msc4108/rendezvous"
BY_TOKENS = "/unstable/io.element.msc4388/rendezvous"
MAX_BODY = 64 * 1024
TEXT = "text/plain"


class ConcurrentWrite(MatrixError):
    status = 409
    errcode = "IO_ELEMENT_MSC4388_CONCURRENT_WRITE"

    def __init__(self) -> None:
        super().__init__("The other device has left a note meanwhile: read it first.")


@frozen(eq=False)
class TaggedRendezvousEndpoints:
    """Of 2024: plain text, with ETag and If-Match. Whoever knows the address may come."""

    _rendezvous: Rendezvous
    _baseurl: str

    @route("POST", BY_TAGS, access=Access.PUBLIC, cost="rendezvous", max_body=MAX_BODY)
    async def begin(self, request: Request) -> Response:
        meeting = self._rendezvous.begin(note_in(request))
        url = f"{self._baseurl}/_matrix/client{BY_TAGS}/{quote(meeting.id)}"
        answer = json_response({"url": url}, 201)
        return Response(answer.body, 201, headers=headers_of(meeting))

    @route("GET", BY_TAGS + "/{id}", access=Access.PUBLIC, cost="rendezvous")
    async def read(self, request: Request, id: str) -> Response:
        meeting = self._rendezvous.find(id)
        if header(request, "if-none-match") == quoted(meeting):
            return Response(b"", 304, headers=headers_of(meeting))
        return Response(meeting.note, 200, TEXT, headers_of(meeting))

    @route("PUT", BY_TAGS + "/{id}", access=Access.PUBLIC, cost="rendezvous", max_body=MAX_BODY)
    async def leave(self, request: Request, id: str) -> Response:
        tag = header(request, "if-match")
        if not tag:
            raise MissingParam("The header 'If-Match' must say which note this one answers.")
        is_next = self._rendezvous.leave(id, note_in(request), tag.strip('"'))
        headers = headers_of(self._rendezvous.find(id))
        if is_next:
            return Response(b"", 202, headers=headers)
        error = {"errcode": "M_CONCURRENT_WRITE", "error": "Another note was left meanwhile."}
        answer = json_response({**error, "org.matrix.msc4108.errcode": error["errcode"]}, 412)
        return Response(answer.body, 412, headers=headers)

    @route("DELETE", BY_TAGS + "/{id}", access=Access.PUBLIC, cost="rendezvous")
    async def end(self, request: Request, id: str) -> Response:
        self._rendezvous.end(id)
        return Response(b"", 204)


@frozen(eq=False)
class TokenRendezvousEndpoints:
    """Of 2025: JSON, with sequence tokens."""

    _rendezvous: Rendezvous

    @route("GET", BY_TOKENS, access=Access.PUBLIC)
    async def is_there(self, request: Request) -> JsonObject:
        return {"create_available": True}

    @route("POST", BY_TOKENS, access=Access.PUBLIC, cost="rendezvous", max_body=MAX_BODY)
    async def begin(self, request: Request) -> JsonObject:
        meeting = self._rendezvous.begin(data_in(request.json_object()))
        return {"id": meeting.id, **self._state(meeting)}

    @route("GET", BY_TOKENS + "/{id}", access=Access.PUBLIC, cost="rendezvous")
    async def read(self, request: Request, id: str) -> Response:
        meeting = self._rendezvous.find(id)
        return fresh(json_response({"data": meeting.note.decode(), **self._state(meeting)}))

    @route("PUT", BY_TOKENS + "/{id}", access=Access.PUBLIC, cost="rendezvous", max_body=MAX_BODY)
    async def leave(self, request: Request, id: str) -> JsonObject:
        body = request.json_object()
        if not self._rendezvous.leave(id, data_in(body), field(body, "sequence_token", str)):
            raise ConcurrentWrite()
        return {"sequence_token": self._rendezvous.find(id).tag}

    @route("DELETE", BY_TOKENS + "/{id}", access=Access.PUBLIC, cost="rendezvous")
    async def end(self, request: Request, id: str) -> JsonObject:
        self._rendezvous.end(id)
        return {}

    def _state(self, meeting: Meeting) -> JsonObject:
        left = self._rendezvous.left_ms(meeting)
        return {"sequence_token": meeting.tag, "expires_in_ms": left}


def note_in(request: Request) -> bytes:
    kind = header(request, "content-type").partition(";")[0].strip().lower()
    if kind != TEXT:
        raise InvalidParam("A note is text/plain.")
    return request.body


def data_in(body: JsonObject) -> bytes:
    text: str = field(body, "data", str)
    return text.encode("utf-8", "replace")


def quoted(meeting: Meeting) -> str:
    return f'"{meeting.tag}"'


def fresh(answer: Response) -> Response:
    return Response(answer.body, answer.status, headers=(("Cache-Control", "no-store"),))


def headers_of(meeting: Meeting) -> tuple[tuple[str, str], ...]:
    return (
        ("ETag", quoted(meeting)),
        ("Expires", formatdate(meeting.expires_ms / 1000, usegmt=True)),
        ("Last-Modified", formatdate(meeting.changed_ms / 1000, usegmt=True)),
        ("Cache-Control", "no-store"),
        ("Pragma", "no-cache"),
        ("Access-Control-Expose-Headers", "ETag"),
    )
