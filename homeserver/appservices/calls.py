"""Requests to application services. Spec: Application Service API, "Homeserver -> Application
Service API", "Legacy routes".
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from attrs import define, field, frozen

from homeserver.clock import Clock
from homeserver.http.client import Answer, Client, Limits, Outgoing
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.json_values import JsonObject, JsonValue, encode
from homeserver.users.appservices import AppService

TRANSACTION = Limits(seconds=60.0, size=64 * 1024)
QUESTION = Limits(seconds=10.0, size=1024 * 1024)
PING = Limits(seconds=30.0, size=64 * 1024)
OLD_FOR_MS = 3_600_000
"""So long a service that only knows the old paths is asked there first."""
NO_SUCH_PATH = (404, 405, 501)

TRANSACTIONS = "/_matrix/app/v1/transactions/{}"
USERS = "/_matrix/app/v1/users/{}"
ROOMS = "/_matrix/app/v1/rooms/{}"
PING_PATH = "/_matrix/app/v1/ping"
PROTOCOL = "/_matrix/app/v1/thirdparty/protocol/{}"
LOCATIONS = "/_matrix/app/v1/thirdparty/location"
LOCATIONS_OF_PROTOCOL = "/_matrix/app/v1/thirdparty/location/{}"
THIRD_PARTY_USERS = "/_matrix/app/v1/thirdparty/user"
USERS_OF_PROTOCOL = "/_matrix/app/v1/thirdparty/user/{}"

VERSIONED, UNVERSIONED = "/_matrix/app/v1", "/_matrix/app/unstable"


class NotAccepted(OutgoingError):
    """The service answered, but not that all is well."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"it answered with status {answer.status}")
        self.status = answer.status


@frozen
class Path:
    """Where something is asked, and where it was before there were versions."""

    new: str
    old: str


def path(pattern: str, *values: str) -> Path:
    """`{}` in the pattern stands for the values."""
    new = pattern.format(*(quote(value, safe="") for value in values))
    rest = new.removeprefix(VERSIONED)
    return Path(new, UNVERSIONED + rest if rest.startswith("/thirdparty/") else rest)


@define(eq=False)
class Calls:
    """The one that knows how services are spoken to."""

    _client: Client
    _clock: Clock
    _old: dict[str, int] = field(factory=dict)

    async def deliver(self, service: AppService, txn_id: str, body: str) -> None:
        """Raises OutgoingError unless the service has taken the transaction."""
        where = path(TRANSACTIONS, txn_id)
        answer = await self._request(service, "PUT", where, TRANSACTION, body.encode())
        if not 200 <= answer.status < 300:
            raise NotAccepted(answer)

    async def knows(self, service: AppService, pattern: str, name: str) -> bool:
        """Whether there is such a user (USERS) or alias (ROOMS): then it has just made it."""
        answer = await self._request(service, "GET", path(pattern, name), QUESTION)
        if answer.status >= 500:
            raise NotAccepted(answer)
        return 200 <= answer.status < 300

    async def look_up(
        self, service: AppService, pattern: str, values: tuple[str, ...], query: Mapping[str, str]
    ) -> JsonValue:
        """Of a third-party network; None if the service knows nothing."""
        where = path(pattern, *values)
        answer = await self._request(service, "GET", where, QUESTION, None, query)
        return answer.json() if answer.status == 200 else None

    async def ping(self, service: AppService, txn_id: str | None) -> Answer:
        body: JsonObject = {} if txn_id is None else {"transaction_id": txn_id}
        outgoing = self._outgoing(service, "POST", PING_PATH, encode(body), {})
        return await self._client.request(outgoing, PING)

    def close(self) -> None:
        self._client.close()

    async def _request(
        self,
        service: AppService,
        method: str,
        where: Path,
        limits: Limits,
        body: bytes | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        query = query or {}
        # The token in the query belongs to the old paths, and goes nowhere else.
        old = self._outgoing(
            service, method, where.old, body, {**query, "access_token": service.hs_token}
        )
        if self._old.get(service.id, 0) > self._clock.now_ms():
            return await self._client.request(old, limits)
        new = self._outgoing(service, method, where.new, body, query)
        answer = await self._client.request(new, limits)
        if answer.status not in NO_SUCH_PATH or is_matrix_error(answer):
            return answer
        older = await self._client.request(old, limits)
        if older.status not in NO_SUCH_PATH:
            self._old[service.id] = self._clock.now_ms() + OLD_FOR_MS
        return older

    def _outgoing(
        self,
        service: AppService,
        method: str,
        where: str,
        body: bytes | None,
        query: Mapping[str, str],
    ) -> Outgoing:
        headers = {"Authorization": f"Bearer {service.hs_token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        url = f"{service.url}{where}" + (f"?{urlencode(query)}" if query else "")
        return Outgoing(method, url, headers, body)


def is_matrix_error(answer: Answer) -> bool:
    """Whether a service that knows the path says that there is no such thing."""
    try:
        value = answer.json()
    except OutgoingError:
        return False
    return isinstance(value, dict) and value.get("errcode") not in (None, "M_UNRECOGNIZED")
