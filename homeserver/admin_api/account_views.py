"""What belongs to an account: rooms and pushers."""

from attrs import frozen

from homeserver.admin_api.fields import ADMIN
from homeserver.http.request import Request
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.leaving import Leaving
from homeserver.users.administration import Administration
from homeserver.users.pushers import Pushers

USER = ADMIN + "/users/{user_id}"


@frozen(eq=False)
class AccountViewEndpoints:
    _administration: Administration
    _leaving: Leaving
    _pushers: Pushers

    @route("GET", USER + "/joined_rooms", access=Access.ADMIN)
    async def joined_rooms(self, request: Request, user_id: str) -> JsonObject:
        """Also of users of other servers, as far as this one knows."""
        found = await self._leaving.joined_rooms(user_id)
        return {"joined_rooms": found, "total": len(found)}

    @route("GET", USER + "/memberships", access=Access.ADMIN)
    async def memberships(self, request: Request, user_id: str) -> JsonObject:
        return {"memberships": await self._leaving.memberships(user_id)}

    @route("GET", USER + "/pushers", access=Access.ADMIN)
    async def pushers(self, request: Request, user_id: str) -> JsonObject:
        await self._administration.find(user_id)
        found = await self._pushers.of_user(user_id)
        return {"pushers": found, "total": len(found)}
