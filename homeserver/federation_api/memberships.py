"""Spec: Server-Server API, "Joining Rooms", "Leaving Rooms", "Knocking upon a room"."""

from attrs import frozen

from homeserver.http.request import Request
from homeserver.http.response import Response, json_response
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.serving.memberships import Memberships

V1, V2 = "/_matrix/federation/v1", "/_matrix/federation/v2"
OLDEST = ["1"]
"""What a server knows that does not say which room versions it knows."""


@frozen(eq=False)
class MembershipEndpoints:
    _memberships: Memberships

    @route("GET", V1 + "/make_join/{room_id}/{user_id}", access=Access.SERVER)
    async def make_join(self, request: Request, room_id: str, user_id: str) -> JsonObject:
        return await self._propose("join", request, room_id, user_id)

    @route("GET", V1 + "/make_leave/{room_id}/{user_id}", access=Access.SERVER)
    async def make_leave(self, request: Request, room_id: str, user_id: str) -> JsonObject:
        return await self._propose("leave", request, room_id, user_id)

    @route("GET", V1 + "/make_knock/{room_id}/{user_id}", access=Access.SERVER)
    async def make_knock(self, request: Request, room_id: str, user_id: str) -> JsonObject:
        return await self._propose("knock", request, room_id, user_id)

    async def _propose(
        self, membership: str, request: Request, room_id: str, user_id: str
    ) -> JsonObject:
        versions = request.parameters.get("ver", OLDEST)
        return await self._memberships.propose(
            membership, request.origin, room_id, user_id, versions
        )

    @route("PUT", V2 + "/send_join/{room_id}/{event_id}", access=Access.SERVER)
    async def send_join(self, request: Request, room_id: str, event_id: str) -> JsonObject:
        omit_members = request.boolean("omit_members")
        pdu = request.json_object()
        return await self._memberships.join(request.origin, room_id, event_id, pdu, omit_members)

    @route("PUT", V1 + "/send_join/{room_id}/{event_id}", access=Access.SERVER)
    async def send_join_v1(self, request: Request, room_id: str, event_id: str) -> Response:
        pdu = request.json_object()
        answer = await self._memberships.join(request.origin, room_id, event_id, pdu, False)
        return json_response([200, answer])

    @route("PUT", V2 + "/send_leave/{room_id}/{event_id}", access=Access.SERVER)
    async def send_leave(self, request: Request, room_id: str, event_id: str) -> JsonObject:
        pdu = request.json_object()
        await self._memberships.leave(request.origin, room_id, event_id, pdu)
        return {}

    @route("PUT", V1 + "/send_leave/{room_id}/{event_id}", access=Access.SERVER)
    async def send_leave_v1(self, request: Request, room_id: str, event_id: str) -> Response:
        return json_response([200, await self.send_leave(request, room_id, event_id)])

    @route("PUT", V1 + "/send_knock/{room_id}/{event_id}", access=Access.SERVER)
    async def send_knock(self, request: Request, room_id: str, event_id: str) -> JsonObject:
        pdu = request.json_object()
        shown = await self._memberships.knock(request.origin, room_id, event_id, pdu)
        return {"knock_room_state": shown}
