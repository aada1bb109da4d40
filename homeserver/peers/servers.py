"""Asking other servers: found by name, signed, and left alone while they do not answer."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from homeserver.clock import Clock
from homeserver.http.client import Answer, Limits
from homeserver.http.outgoing_bodies import OpenSink
from homeserver.json_values import JsonObject, JsonValue
from homeserver.peers.backoff import Backoff
from homeserver.peers.errors import AnswersTooMuch, PeerUnreachable, RemoteError
from homeserver.peers.own_keys import OwnKeys
from homeserver.peers.reaching import Question, Reaching, json_object_of
from homeserver.peers.signing import Credentials, canonical_content, signed_bytes

Query = Mapping[str, str | Sequence[str]]

OF_MEDIA = frozenset({"M_NOT_YET_UPLOADED", "M_TOO_LARGE"})
"""Errors of status 5xx that say nothing of the server's health."""

MEBI = 1024 * 1024
DEFAULT_LIMITS = Limits(seconds=60.0, size=10 * MEBI)


class Peers:
    """`path` has its parameters percent-encoded already (`path_of`)."""

    def __init__(self, reaching: Reaching, keys: OwnKeys, backoff: Backoff, clock: Clock) -> None:
        self._reaching = reaching
        self._keys = keys
        self._backoff = backoff
        self._now_ms = clock.now_ms

    @property
    def server_name(self) -> str:
        """Our own."""
        return self._keys.server_name

    def is_silent(self, server: str) -> bool:
        """Whether only those who insist may ask it for now."""
        silence = self._backoff.silence_of(server)
        return silence is not None and silence.retry_ts > self._now_ms()

    async def request(
        self,
        server: str,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: JsonValue = None,
        limits: Limits = DEFAULT_LIMITS,
        insist: bool = False,
    ) -> JsonObject:
        """The server's answer; raises PeerError (RemoteError, PeerUnreachable, NotAdmitted).

        Who insists is not told to come back later because the server has been silent.
        """
        content = None if body is None else canonical_content(body)
        question = Question(method, uri_of(path, query), content, limits)
        answer = await self._ask(server, question, insist=insist)
        return json_object_of(server, answer)

    async def fetch(
        self,
        server: str,
        path: str,
        *,
        query: Query | None = None,
        limits: Limits = DEFAULT_LIMITS,
        sink: OpenSink | None = None,
        signed: bool = True,
    ) -> Answer:
        """A GET for what is not JSON, such as media; raises like `request`."""
        question = Question("GET", uri_of(path, query), None, limits, sink)
        answer = await self._ask(server, question, signed=signed)
        if not 200 <= answer.status < 300:
            json_object_of(server, answer)
        return answer

    async def _ask(
        self, server: str, question: Question, *, signed: bool = True, insist: bool = False
    ) -> Answer:
        if server == self._keys.server_name:
            raise ValueError("this server need not ask itself over the network")
        if not insist:
            self._backoff.check(server)
        began_ms = self._now_ms()
        try:
            authorization = self._sign(server, question) if signed else ""
            answer = await self._reaching.ask(server, question, authorization)
        except AnswersTooMuch:
            self._backoff.answered(server)
            raise
        except PeerUnreachable:
            self._backoff.failed(server, began_ms)
            raise
        if is_down(server, answer):
            self._backoff.failed(server, began_ms)
        else:
            self._backoff.answered(server)
        return answer

    def _sign(self, server: str, question: Question) -> str:
        keys = self._keys
        message = signed_bytes(
            question.method, question.uri, keys.server_name, server, question.content
        )
        return Credentials(keys.server_name, server, keys.key_id, keys.sign(message)).header()


def is_down(server: str, answer: Answer) -> bool:
    """Whether it is the answer of a server in trouble, or of what is no Matrix server."""
    if 200 <= answer.status < 300:
        return False
    try:
        json_object_of(server, answer)
    except RemoteError as error:
        return not error.errcode or (answer.status >= 500 and error.errcode not in OF_MEDIA)
    except PeerUnreachable:
        return True
    return False


def path_of(template: str, *values: str) -> str:
    """`/_matrix/federation/v1/state/{}` with its parameters, percent-encoded."""
    return template.format(*(quote(value, safe="") for value in values))


def uri_of(path: str, query: Query | None) -> str:
    """The signed part of the address."""
    return f"{path}?{urlencode(query, doseq=True)}" if query else path
