"""Users show tokens, servers sign."""

from collections.abc import Awaitable

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.requester import Requester
from homeserver.http.routing import Access, Route
from homeserver.peers.inbound import Inbound
from homeserver.users.doorkeeper import Doorkeeper


@frozen(eq=False)
class Doorkeepers:
    _users: Doorkeeper
    _servers: Inbound

    def identify(self, request: Request, access: Access) -> Requester | Awaitable[Requester] | None:
        if access is Access.SERVER:
            return self._servers.identify(request)
        return self._users.identify(request, access)

    def charge(self, request: Request, route: Route) -> None:
        self._users.charge(request, route)
