"""Spec: Client-Server API: `GET /rooms/{roomId}/members`, `/joined_members`."""

from attrs import frozen

from homeserver.errors import InvalidParam
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.members import Members, Wish
from homeserver.rooms.page_questions import token_of

MEMBERSHIPS = ("join", "invite", "knock", "leave", "ban")


@frozen(eq=False)
class MemberEndpoints:
    _members: Members

    @route("GET", "/v3/rooms/{room_id}/members", access=Access.GUEST)
    async def members(self, request: Request, room_id: str) -> JsonObject:
        wish = Wish(
            membership_of(request, "membership"),
            membership_of(request, "not_membership"),
            token_of(request, "at"),
        )
        return await self._members.all(request.requester, room_id, wish)

    @route("GET", "/v3/rooms/{room_id}/joined_members")
    async def joined_members(self, request: Request, room_id: str) -> JsonObject:
        return await self._members.joined(request.user_id, room_id)


def membership_of(request: Request, name: str) -> str | None:
    value = request.optional_text(name)
    if value is not None and value not in MEMBERSHIPS:
        raise InvalidParam(f"The query parameter '{name}' must be one of {', '.join(MEMBERSHIPS)}.")
    return value
