"""The service that clients of before MSC4195's homeserver endpoints ask for LiveKit tokens.

They find it as `livekit_service_url`, and show an OpenID token instead of an access token. LiveKit
itself tells us here who comes and goes.
"""

from attrs import frozen

from homeserver.calls.identities import Seat, of_device, oldest
from homeserver.calls.leave_handing import LeaveHanding, LeaveWish
from homeserver.calls.openid_owners import OpenIdOwners
from homeserver.calls.seats import Claim, Seats
from homeserver.calls.transports import SERVICE
from homeserver.calls.watch import Watch
from homeserver.errors import Forbidden
from homeserver.events.ids import is_server_name
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject


@frozen(eq=False)
class CallServiceEndpoints:
    _url: str
    _seats: Seats
    _owners: OpenIdOwners
    _handing: LeaveHanding
    _watch: Watch

    @route("POST", SERVICE + "/sfu/get", access=Access.PUBLIC, cost="call")
    async def oldest_token(self, request: Request) -> JsonObject:
        body = request.json_object()
        room_id, device_id = field(body, "room", str), field(body, "device_id", str)
        user_id = await self._user(body)
        return await self._token(body, user_id, room_id, oldest(room_id, user_id, device_id))

    @route("POST", SERVICE + "/get_token", access=Access.PUBLIC, cost="call")
    async def token(self, request: Request) -> JsonObject:
        body = request.json_object()
        user_id, room_id, seat = await self._seat(body)
        return await self._token(body, user_id, room_id, seat)

    @route("POST", SERVICE + "/delegate_delayed_leave", access=Access.PUBLIC, cost="call")
    async def delegate_delayed_leave(self, request: Request) -> JsonObject:
        body = request.json_object()
        wish = leave_wish(body)
        user_id, room_id, seat = await self._seat(body)
        await self._handing.take_foreign(Claim(user_id, room_id, seat), wish)
        return {}

    @route("POST", SERVICE + "/sfu_webhook", access=Access.PUBLIC)
    async def told_by_livekit(self, request: Request) -> JsonObject:
        await self._watch.told(livekit_token(request), request.body, request.json_object())
        return {}

    async def _token(self, body: JsonObject, user_id: str, room_id: str, seat: Seat) -> JsonObject:
        claim = Claim(user_id, room_id, seat)
        wish = leave_wish(body) if body.get("delay_id") else None
        token = await self._seats.token(claim, everybody_publishes=True)
        if wish is not None:
            await self._handing.take_foreign(claim, wish)
        return {"url": self._url, "jwt": token}

    async def _seat(self, body: JsonObject) -> tuple[str, str, Seat]:
        room_id, slot_id = field(body, "room_id", str), field(body, "slot_id", str)
        member = field(body, "member", dict)
        claimed, device_id = field(member, "claimed_user_id", str), device_of(member)
        user_id = await self._user(body)
        if claimed != user_id:
            raise Forbidden("The OpenID token belongs to another user than the member.")
        seat = of_device(room_id, slot_id, user_id, device_id, field(member, "id", str))
        return user_id, room_id, seat

    async def _user(self, body: JsonObject) -> str:
        shown = field(body, "openid_token", dict)
        server = field(shown, "matrix_server_name", str)
        if not is_server_name(server):
            raise Forbidden("'matrix_server_name' is not the name of a server.")
        return await self._owners.owner(field(shown, "access_token", str), server)


def device_of(member: JsonObject) -> str:
    return str(field(member, "claimed_device_id", str))


def leave_wish(body: JsonObject) -> LeaveWish:
    return LeaveWish(
        delay_id=field(body, "delay_id", str),
        delay_ms=field(body, "delay_timeout", int),
        base_url=field(body, "delay_cs_api_url", str),
    )


def livekit_token(request: Request) -> str:
    """LiveKit sends it without `Bearer`."""
    return request.headers.get(b"authorization", b"").decode("ascii", "replace")
