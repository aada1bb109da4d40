"""Tokens for LiveKit servers of other homeservers, and for ours by them. MSC4195."""

from attrs import frozen

from homeserver.calls.openid_owners import PeerAway
from homeserver.calls.seats import Claim
from homeserver.errors import InvalidParam, MatrixError
from homeserver.events.ids import is_server_name
from homeserver.http.client import Limits
from homeserver.json_values import JsonObject
from homeserver.peers.errors import PeerError, RemoteError
from homeserver.peers.servers import Peers

GET_TOKEN = "/_matrix/federation/v1/rtc/livekit/get_token"
OLD_GET_TOKEN = "/_matrix/federation/unstable/io.element.msc4195/rtc/livekit/get_token"
LIMITS = Limits(seconds=10.0, size=64 * 1024)
RELAYED = {403: "M_FORBIDDEN", 400: "M_INVALID_PARAM"}


@frozen
class TokenWish:
    claim: Claim
    url: str
    slot_id: str


@frozen(eq=False)
class RemoteCalls:
    """`peers` is None where this server talks to no others."""

    _server_name: str
    _own_url: str
    _peers: Peers | None

    def is_elsewhere(self, server: str | None) -> bool:
        return server is not None and server != self._server_name

    def check_own(self, url: str | None) -> None:
        if url is not None and url.rstrip("/") != self._own_url:
            raise InvalidParam("'url' is not that of a LiveKit server of this homeserver.")

    async def token(self, server: str, wish: TokenWish, member_id: str) -> str:
        if self._peers is None or not is_server_name(server):
            raise InvalidParam("'server_name' is no server that this one talks with.")
        body: JsonObject = {
            "user_id": wish.claim.user_id,
            "url": wish.url,
            "room_id": wish.claim.room_id,
            "slot_id": wish.slot_id,
            "member_id": member_id,
        }
        try:
            answer = await self._ask(self._peers, server, body)
        except RemoteError as error:
            if RELAYED.get(error.status) == error.errcode:
                raise MatrixError(
                    error.message, status=error.status, errcode=error.errcode
                ) from None
            raise PeerAway("That server gave no token.") from None
        except PeerError:
            raise PeerAway("That server does not answer.") from None
        token = answer.get("jwt")
        if not isinstance(token, str):
            raise PeerAway("That server answered without a token.")
        return token

    async def _ask(self, peers: Peers, server: str, body: JsonObject) -> JsonObject:
        """By the name of the proposal, then by the one of before it is accepted."""
        try:
            return await peers.request(server, "POST", GET_TOKEN, body=body, limits=LIMITS)
        except RemoteError as error:
            if error.status not in (404, 405):
                raise
        return await peers.request(server, "POST", OLD_GET_TOKEN, body=body, limits=LIMITS)
