"""A request to a server by its name, found and sent; nothing is signed yet."""

from collections.abc import Mapping

from attrs import field, frozen

from homeserver.http.client import Answer, Client, Limits, Outgoing
from homeserver.http.outgoing_bodies import OpenSink
from homeserver.http.outgoing_errors import (
    AnswerTooLarge,
    BadAnswer,
    OutgoingError,
    RefusedAddress,
)
from homeserver.json_values import JsonObject
from homeserver.peers.admission import Admission
from homeserver.peers.discovery import Discovery
from homeserver.peers.errors import AnswersTooMuch, PeerUnreachable, RemoteError
from homeserver.peers.refusals import Reason, Refusals

ERROR_TEXT = 300


@frozen
class Question:
    """`uri` begins with a slash and has its query; `content` is JSON, or nothing."""

    method: str
    uri: str
    content: bytes | None = None
    limits: Limits = field(factory=Limits)
    sink: OpenSink | None = None


@frozen(eq=False)
class Reaching:
    _client: Client
    _discovery: Discovery
    _admission: Admission
    _refusals: Refusals

    async def ask(self, server: str, question: Question, authorization: str = "") -> Answer:
        """Any answer; raises NotAdmitted and PeerUnreachable."""
        self._admission.check(server)
        target = await self._discovery.find(server)
        headers: dict[str, str] = {}
        if authorization:
            headers["Authorization"] = authorization
        if question.content is not None:
            headers["Content-Type"] = "application/json"
        # Only path and query of the URL are sent; where to is said by the target.
        outgoing = Outgoing(
            question.method,
            f"https://{target.host}{question.uri}",
            headers,
            question.content,
            target,
            question.sink,
        )
        try:
            return await self._client.request(outgoing, question.limits)
        except AnswerTooLarge as error:
            if question.sink is None:
                self._refusals.note(server, Reason.BAD_ANSWER, str(error))
            raise AnswersTooMuch(f"{server}: {error}") from None
        except OutgoingError as error:
            if (reason := reason_of(error)) is not None:
                self._refusals.note(server, reason, str(error))
            raise PeerUnreachable(f"{server}: {error}") from None


def reason_of(error: OutgoingError) -> Reason | None:
    """None for what may happen to an honest server."""
    match error:
        case RefusedAddress():
            return Reason.PRIVATE_ADDRESS
        case BadAnswer():
            return Reason.BAD_ANSWER
        case _:
            return None


def json_object_of(server: str, answer: Answer) -> JsonObject:
    """The body of a 2xx answer; raises RemoteError for others, PeerUnreachable without JSON."""
    try:
        body = answer.json()
    except OutgoingError:
        body = None
    if 200 <= answer.status < 300 and isinstance(body, dict):
        return body
    if not isinstance(body, dict):
        if answer.status < 300:
            raise PeerUnreachable(f"{server} does not answer with a JSON object.")
        raise RemoteError(server, answer.status)
    raise RemoteError(
        server,
        answer.status,
        _text(body, "errcode"),
        _text(body, "error"),
        _retry_after_ms(answer.headers, body),
    )


def _text(body: JsonObject, name: str) -> str:
    value = body.get(name)
    return value[:ERROR_TEXT] if isinstance(value, str) else ""


def _retry_after_ms(headers: Mapping[str, str], body: JsonObject) -> int:
    seconds = headers.get("retry-after", "")
    if seconds.isascii() and seconds.isdigit():
        return int(seconds[:9]) * 1000
    value = body.get("retry_after_ms")
    return value if type(value) is int and value > 0 else 0
