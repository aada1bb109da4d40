"""Tells who asks, and who asks too much. Spec: Client-Server API, "Using access tokens"."""

from collections.abc import Awaitable

from homeserver.clock import Clock
from homeserver.devices.last_seen import LastSeen
from homeserver.errors import MatrixError, MissingToken, UnknownToken, Unrecognized
from homeserver.http.client_addresses import address_key
from homeserver.http.request import Request, header
from homeserver.http.requester import Requester
from homeserver.http.routing import Access, Route
from homeserver.storage.known_sessions import KnownSessions, Session
from homeserver.users.appservices import token_hash
from homeserver.users.masquerade import Masquerade
from homeserver.users.rate_limits import Limits
from homeserver.users.sessions import Sessions, UserLocked

NOTE_USE_EVERY_MS = 60_000


class GuestsForbidden(MatrixError):
    status = 403
    errcode = "M_GUEST_ACCESS_FORBIDDEN"


class Doorkeeper:
    """A token that was seen before costs a hash and a look into memory."""

    def __init__(
        self,
        sessions: Sessions,
        known: KnownSessions,
        masquerade: Masquerade,
        limits: Limits,
        last_seen: LastSeen,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._known = known
        self._masquerade = masquerade
        self._limits = limits
        self._last_seen = last_seen
        self._now_ms = clock.now_ms

    def identify(self, request: Request, access: Access) -> Requester | Awaitable[Requester] | None:
        if access is Access.SERVER:
            # A user's token opens nothing that is meant for servers.
            raise Unrecognized("This server does not talk with others yet.")
        token = request.access_token()
        if token is None:
            if access is Access.OPTIONAL:
                return None
            raise MissingToken("Send an access token: 'Authorization: Bearer <token>'.")
        hash = token_hash(token)
        session = self._known.get(hash)
        if session is not None:
            return self._admit(session, request, access)
        if (service := self._masquerade.appservices.of_token(hash)) is not None:
            return self._masquerade.identify(service, request)
        return self._find(hash, request, access)

    def charge(self, request: Request, route: Route) -> None:
        limits = self._limits
        if not limits.enabled:
            return
        if limits.buckets[route.cost].by_ip:
            if not self._masquerade.is_unlimited(request):
                limits.take(route.cost, address_key(request.client_ip))
        elif not request.requester.is_unlimited:
            limits.take(route.cost, request.requester.user_id)

    async def _find(self, hash: bytes, request: Request, access: Access) -> Requester:
        return self._admit(await self._sessions.find(hash), request, access)

    def _admit(self, session: Session, request: Request, access: Access) -> Requester:
        now_ms = self._now_ms()
        if session.expires_ts and session.expires_ts <= now_ms:
            raise UnknownToken("This access token has expired.", soft_logout=True)
        if session.is_locked and not is_logout(request):
            raise UserLocked()
        requester = session.requester
        if requester.is_guest and access is Access.USER:
            raise GuestsForbidden("Guests cannot do this. Make an account first.")
        if now_ms - session.seen_ms > NOTE_USE_EVERY_MS or session.seen_ip != request.client_ip:
            session.seen_ms, session.seen_ip = now_ms, request.client_ip
            self._last_seen.note(
                requester.user_id,
                requester.device_id,
                request.client_ip,
                header(request, "user-agent"),
            )
        return requester


def is_logout(request: Request) -> bool:
    """What locked users may still do."""
    return request.path.rstrip("/").endswith(("/logout", "/logout/all"))
