"""Spec: Client-Server API, "Voice over IP"; MSC4143 and MSC4195: calls of many people."""

from attrs import frozen

from homeserver.calls.identities import Seat, newest, of_device
from homeserver.calls.leave_handing import LeaveHanding
from homeserver.calls.remote_calls import RemoteCalls, TokenWish
from homeserver.calls.seats import Claim, Seats
from homeserver.calls.transports import Transports
from homeserver.calls.turn import Relays
from homeserver.errors import InvalidParam
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject

RTC = "/v1/rtc"
OLD_RTC = "/unstable/org.matrix.msc4143/rtc"
LIVEKIT = "/v1/rtc/livekit"
OLD_LIVEKIT = "/unstable/io.element.msc4195/rtc/livekit"


@frozen(eq=False)
class RelayEndpoints:
    _relays: Relays

    @route("GET", "/v3/voip/turnServer", access=Access.GUEST)
    async def get_turn_server(self, request: Request) -> JsonObject:
        requester = request.requester
        return self._relays.credentials(requester.user_id, is_guest=requester.is_guest)


@frozen(eq=False)
class TransportEndpoints:
    _transports: Transports

    @route("GET", RTC + "/transports", access=Access.GUEST)
    async def transports(self, request: Request) -> JsonObject:
        return {"transports": self._transports.current(), "rtc_transports": self._transports.old()}

    @route("GET", OLD_RTC + "/transports", access=Access.GUEST)
    async def old_transports(self, request: Request) -> JsonObject:
        return {"rtc_transports": self._transports.old()}


@frozen(eq=False)
class CallEndpoints:
    _seats: Seats
    _handing: LeaveHanding
    _remote: RemoteCalls

    @route("POST", LIVEKIT + "/get_token", access=Access.GUEST, cost="call")
    @route("POST", OLD_LIVEKIT + "/get_token", access=Access.GUEST, cost="call")
    async def token(self, request: Request) -> JsonObject:
        body = request.json_object()
        url, seat = field(body, "url", str, None), seat_in(body, request.user_id)
        claim = Claim(request.user_id, field(body, "room_id", str), seat)
        server = field(body, "server_name", str, None)
        if self._remote.is_elsewhere(server):
            await self._seats.check(claim)
            wish = TokenWish(claim, field(body, "url", str), field(body, "slot_id", str))
            return {"jwt": await self._remote.token(str(server), wish, member_id(body))}
        self._remote.check_own(url)
        return {"jwt": await self._seats.token(claim, everybody_publishes=False)}

    @route("POST", LIVEKIT + "/delegate_delayed_leave", access=Access.GUEST, cost="call")
    @route("POST", OLD_LIVEKIT + "/delegate_delayed_leave", access=Access.GUEST, cost="call")
    async def delegate_delayed_leave(self, request: Request) -> JsonObject:
        body = request.json_object()
        self._remote.check_own(field(body, "url", str, None))
        seat = seat_in(body, request.user_id)
        claim = Claim(request.user_id, field(body, "room_id", str), seat)
        await self._handing.take_own(claim, field(body, "delay_id", str))
        return {}


def seat_in(body: JsonObject, user_id: str) -> Seat:
    """Clients of before September 2026 name a `member` with its device."""
    room_id, slot_id = field(body, "room_id", str), field(body, "slot_id", str)
    member = field(body, "member", dict, None)
    if member is None:
        return newest(room_id, slot_id, user_id, member_id(body))
    device_id = field(member, "claimed_device_id", str)
    return of_device(room_id, slot_id, user_id, device_id, member_id(body))


def member_id(body: JsonObject) -> str:
    member = field(body, "member", dict, None)
    found = field(body, "member_id", str) if member is None else field(member, "id", str)
    if not found:
        raise InvalidParam("'member_id' must not be empty.")
    return str(found)
