"""Spec: Client-Server API, "Room membership"."""

from collections.abc import Sequence

from attrs import frozen

from homeserver.client_api.room_creation import NO_IDENTITY_SERVER
from homeserver.client_api.sending import massaged_timestamp
from homeserver.errors import Forbidden
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.inviting import Inviting
from homeserver.rooms.joining import Joining
from homeserver.rooms.knocking import Knocking
from homeserver.rooms.leaving import Leaving
from homeserver.rooms.removing import Removing


@frozen(eq=False)
class EnteringEndpoints:
    _joining: Joining
    _knocking: Knocking
    _inviting: Inviting

    @route("POST", "/v3/join/{room}", access=Access.GUEST, cost="join")
    async def join(self, request: Request, room: str) -> JsonObject:
        body = request.json_object_or_empty()
        if field(body, "third_party_signed", dict, None) is not None:
            raise Forbidden(NO_IDENTITY_SERVER)
        extra = said_about_membership(body)
        ts = massaged_timestamp(request)
        room_id = await self._joining.join(request.requester, room, via_of(request), extra, ts)
        return {"room_id": room_id}

    @route("POST", "/v3/rooms/{room}/join", access=Access.GUEST, cost="join")
    async def join_by_id(self, request: Request, room: str) -> JsonObject:
        return await self.join(request, room)

    @route("POST", "/v3/knock/{room}", cost="join")
    async def knock(self, request: Request, room: str) -> JsonObject:
        extra = said_about_membership(request.json_object_or_empty())
        return {
            "room_id": await self._knocking.knock(request.requester, room, via_of(request), extra)
        }

    @route("POST", "/v3/rooms/{room_id}/invite", cost="invite")
    async def invite(self, request: Request, room_id: str) -> JsonObject:
        body = request.json_object()
        if "user_id" not in body and ("medium" in body or "address" in body):
            raise Forbidden(NO_IDENTITY_SERVER)
        user_id, extra = field(body, "user_id", str), said_about_membership(body)
        ts = massaged_timestamp(request)
        await self._inviting.invite(request.requester, room_id, user_id, extra, ts)
        return {}


@frozen(eq=False)
class LeavingEndpoints:
    _leaving: Leaving
    _removing: Removing

    @route("GET", "/v3/joined_rooms")
    async def joined_rooms(self, request: Request) -> JsonObject:
        return {"joined_rooms": await self._leaving.joined_rooms(request.user_id)}

    @route("POST", "/v3/rooms/{room_id}/leave", access=Access.GUEST)
    async def leave(self, request: Request, room_id: str) -> JsonObject:
        extra = said_about_membership(request.json_object_or_empty())
        ts = massaged_timestamp(request)
        await self._leaving.leave(request.requester, room_id, extra, ts)
        return {}

    @route("POST", "/v3/rooms/{room_id}/forget")
    async def forget(self, request: Request, room_id: str) -> JsonObject:
        await self._leaving.forget(request.user_id, room_id)
        return {}

    @route("POST", "/v3/rooms/{room_id}/kick", cost="message")
    async def kick(self, request: Request, room_id: str) -> JsonObject:
        user_id, extra = removed_in(request)
        ts = massaged_timestamp(request)
        await self._removing.kick(request.requester, room_id, user_id, extra, ts)
        return {}

    @route("POST", "/v3/rooms/{room_id}/ban", cost="message")
    async def ban(self, request: Request, room_id: str) -> JsonObject:
        user_id, extra = removed_in(request)
        ts = massaged_timestamp(request)
        await self._removing.ban(request.requester, room_id, user_id, extra, ts)
        return {}

    @route("POST", "/v3/rooms/{room_id}/unban", cost="message")
    async def unban(self, request: Request, room_id: str) -> JsonObject:
        user_id, extra = target_of(request)
        ts = massaged_timestamp(request)
        await self._removing.unban(request.requester, room_id, user_id, extra, ts)
        return {}


def target_of(request: Request) -> tuple[str, JsonObject]:
    body = request.json_object()
    return field(body, "user_id", str), said_about_membership(body)


def removed_in(request: Request) -> tuple[str, JsonObject]:
    """With `redact_events`, all that the target said goes too (MSC4293)."""
    user_id, extra = target_of(request)
    redacts = field(request.json_object(), "redact_events", bool, False)
    return user_id, {**extra, "redact_events": True} if redacts else extra


def said_about_membership(body: JsonObject) -> JsonObject:
    """The reason, and what clients and bridges add in names of their own."""
    reason = field(body, "reason", str, None)
    extra = {name: value for name, value in body.items() if "." in name}
    return extra if reason is None else {"reason": reason, **extra}


def via_of(request: Request) -> Sequence[str]:
    """`server_name` was the name of `via` before 1.12."""
    parameters = request.parameters
    return parameters.get("via") or parameters.get("server_name") or ()
