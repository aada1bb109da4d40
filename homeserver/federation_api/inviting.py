"""Spec: Server-Server API, "Inviting to a room", "Third-party invites"."""

from attrs import frozen

from homeserver.http.request import Request, field
from homeserver.http.response import Response, json_response
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.elsewhere.third_party import ThirdPartyInvites
from homeserver.rooms.serving.invites import Invites


@frozen(eq=False)
class InvitingEndpoints:
    _invites: Invites
    _by_address: ThirdPartyInvites

    @route("PUT", "/_matrix/federation/v2/invite/{room_id}/{event_id}", access=Access.SERVER)
    async def invite(self, request: Request, room_id: str, event_id: str) -> JsonObject:
        body = request.json_object()
        signed = await self._invites.take(
            request.origin,
            room_id,
            event_id,
            field(body, "room_version", str),
            field(body, "event", dict),
            body.get("invite_room_state"),
        )
        return {"event": signed}

    @route("PUT", "/_matrix/federation/v1/invite/{room_id}/{event_id}", access=Access.SERVER)
    async def invite_v1(self, request: Request, room_id: str, event_id: str) -> Response:
        """Only for room versions 1 and 2; the event says which by its id."""
        pdu = request.json_object()
        unsigned = pdu.get("unsigned")
        preview = unsigned.get("invite_room_state") if isinstance(unsigned, dict) else None
        signed = await self._invites.take(request.origin, room_id, event_id, "1", pdu, preview)
        return json_response([200, {"event": signed}])

    @route(
        "PUT",
        "/_matrix/federation/v1/exchange_third_party_invite/{room_id}",
        access=Access.SERVER,
    )
    async def exchange_third_party_invite(self, request: Request, room_id: str) -> JsonObject:
        await self._by_address.exchange(request.origin, room_id, request.json_object())
        return {}

    @route(
        "PUT", "/_matrix/federation/v1/3pid/onbind", access=Access.PUBLIC, cost="identity_server"
    )
    async def bound(self, request: Request) -> JsonObject:
        """Asked by identity servers, which sign nothing."""
        await self._by_address.bound(request.json_object())
        return {}
