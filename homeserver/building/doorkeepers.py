"""Users show tokens, servers sign; administrators are who they say, and what they do is noted."""

from collections.abc import Awaitable

from attrs import frozen

from homeserver.errors import Forbidden
from homeserver.http.request import Request
from homeserver.http.requester import Requester
from homeserver.http.routing import Access, Route
from homeserver.peers.inbound import Inbound
from homeserver.users.audit_log import AuditLog
from homeserver.users.doorkeeper import Doorkeeper


@frozen(eq=False)
class Doorkeepers:
    _users: Doorkeeper
    _servers: Inbound
    _audit: AuditLog

    def identify(self, request: Request, access: Access) -> Requester | Awaitable[Requester] | None:
        if access is Access.SERVER:
            return self._servers.identify(request)
        found = self._users.identify(request, access)
        return self._administrator(request, found) if access is Access.ADMIN else found

    async def _administrator(
        self, request: Request, found: Requester | Awaitable[Requester] | None
    ) -> Requester:
        requester = await found if isinstance(found, Awaitable) else found
        if requester is None or not requester.is_admin:
            raise Forbidden("Only administrators of this server can do this.")
        await self._audit.note(requester, request)
        return requester

    def charge(self, request: Request, route: Route) -> None:
        self._users.charge(request, route)
