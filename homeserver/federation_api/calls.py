"""MSC4195: other servers ask for tokens, so that their users hear and see ours."""

from attrs import frozen

from homeserver.calls.identities import newest
from homeserver.calls.remote_calls import GET_TOKEN, OLD_GET_TOKEN, RemoteCalls
from homeserver.calls.seats import Claim, Seats
from homeserver.errors import Forbidden
from homeserver.events.ids import domain_of, is_user_id
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject


@frozen(eq=False)
class CallEndpoints:
    _seats: Seats
    _remote: RemoteCalls

    @route("POST", GET_TOKEN, access=Access.SERVER)
    @route("POST", OLD_GET_TOKEN, access=Access.SERVER)
    async def token(self, request: Request) -> JsonObject:
        body = request.json_object()
        user_id, room_id = field(body, "user_id", str), field(body, "room_id", str)
        if not is_user_id(user_id) or domain_of(user_id) != request.origin:
            raise Forbidden("A server can ask only for its own users.")
        self._remote.check_own(field(body, "url", str))
        seat = newest(room_id, field(body, "slot_id", str), user_id, field(body, "member_id", str))
        claim = Claim(user_id, room_id, seat)
        return {"jwt": await self._seats.token(claim, everybody_publishes=False)}
