"""Whose OpenID token it is that a client shows for a call. Spec: Client-Server API, "OpenID"."""

from collections.abc import Awaitable, Callable

from attrs import frozen

from homeserver.errors import Forbidden, MatrixError
from homeserver.events.ids import domain_of, is_user_id
from homeserver.http.client import Limits
from homeserver.peers.errors import PeerError
from homeserver.peers.servers import Peers

USERINFO = "/_matrix/federation/v1/openid/userinfo"
LIMITS = Limits(seconds=10.0, size=64 * 1024)

OwnOwner = Callable[[str], Awaitable[str | None]]


class PeerAway(MatrixError):
    status = 502
    errcode = "M_UNKNOWN"


@frozen(eq=False)
class OpenIdOwners:
    """`peers` is None where this server talks to no others."""

    _server_name: str
    _own: OwnOwner
    _peers: Peers | None

    async def owner(self, token: str, server: str) -> str:
        """The user; raises Forbidden unless the server that is named stands for the token."""
        if server == self._server_name:
            owner = await self._own(token)
        else:
            owner = await self._ask(token, server)
        if owner is None or not is_user_id(owner) or domain_of(owner) != server:
            raise Forbidden("This OpenID token is unknown to its server, or too old.")
        return owner

    async def _ask(self, token: str, server: str) -> str | None:
        if self._peers is None:
            raise Forbidden("This server lets only its own users take part in calls.")
        try:
            answer = await self._peers.request(
                server, "GET", USERINFO, query={"access_token": token}, limits=LIMITS
            )
        except PeerError as error:
            if getattr(error, "status", 0) in (401, 403):
                return None
            raise PeerAway("The server of this OpenID token could not be asked.") from None
        found = answer.get("sub")
        return found if isinstance(found, str) else None
