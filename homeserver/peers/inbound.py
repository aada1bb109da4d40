"""Which server it is that asks. Spec: Server-Server API, "Request Authentication"."""

from homeserver.clock import Clock
from homeserver.errors import Forbidden, MatrixError
from homeserver.events.signatures import is_signature
from homeserver.http.request import Request, header
from homeserver.http.requester import Requester
from homeserver.peers.admission import Admission
from homeserver.peers.backoff import Backoff
from homeserver.peers.server_keys import ServerKeys
from homeserver.peers.signing import Credentials, canonical_content, read_header, signed_bytes


class Unauthenticated(MatrixError):
    status = 401
    errcode = "M_UNAUTHORIZED"


class Inbound:
    """Checks requests of other servers; one that passes shows that its server is awake."""

    def __init__(
        self,
        server_name: str,
        keys: ServerKeys,
        admission: Admission,
        backoff: Backoff,
        clock: Clock,
    ) -> None:
        self._server_name = server_name
        self._keys = keys
        self._admission = admission
        self._backoff = backoff
        self._now_ms = clock.now_ms

    async def identify(self, request: Request) -> Requester:
        """The server that signed the request; raises Unauthenticated or Forbidden."""
        credentials = self._credentials(request)
        if not self._admission.admits(credentials.origin):
            raise Forbidden("This server does not talk with yours.")
        message = self._message(request, credentials)
        key = await self._keys.key_for(credentials.origin, credentials.key_id, at_ts=self._now_ms())
        if key is None:
            raise Unauthenticated(
                f"The key {credentials.key_id[:100]} of {credentials.origin} could not be found."
            )
        if not is_signature(message, credentials.signature, key):
            raise Unauthenticated("The signature of the request is wrong.")
        self._backoff.spoke(credentials.origin)
        return Requester("", "", origin=credentials.origin)

    def _credentials(self, request: Request) -> Credentials:
        value = header(request, "authorization")
        if not value:
            raise Unauthenticated("Sign the request: 'Authorization: X-Matrix ...'.")
        try:
            credentials = read_header(value)
        except ValueError as error:
            raise Unauthenticated(f"The Authorization header cannot be read: {error}.") from None
        if credentials.destination not in (None, self._server_name):
            raise Unauthenticated("The request is meant for another server than this one.")
        if credentials.origin == self._server_name:
            raise Unauthenticated("This server does not ask itself.")
        return credentials

    def _message(self, request: Request, credentials: Credentials) -> bytes:
        uri = f"{request.path}?{request.query}" if request.query else request.path
        content = canonical_content(request.json()) if request.body else None
        return signed_bytes(
            request.method, uri, credentials.origin, credentials.destination, content
        )
