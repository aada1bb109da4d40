"""What belongs to an account: rooms, pushers, account data; and how busy it was."""

from attrs import frozen

from homeserver.admin_api.fields import ADMIN
from homeserver.errors import InvalidParam
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.rooms.leaving import Leaving
from homeserver.users.account_facts import AccountFacts
from homeserver.users.administration import Administration
from homeserver.users.pushers import Pushers

USER = ADMIN + "/users/{user_id}"


@frozen(eq=False)
class AccountViewEndpoints:
    _administration: Administration
    _leaving: Leaving
    _pushers: Pushers
    _facts: AccountFacts

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

    @route("GET", USER + "/sent_invite_count", access=Access.ADMIN)
    async def invites_sent(self, request: Request, user_id: str) -> JsonObject:
        await self._administration.find(user_id)
        since_ts = since_in(request)
        return {"invite_count": await self._facts.invites_sent(user_id, since_ts)}

    @route("GET", USER + "/cumulative_joined_room_count", access=Access.ADMIN)
    async def rooms_joined(self, request: Request, user_id: str) -> JsonObject:
        await self._administration.find(user_id)
        count = await self._facts.rooms_joined(user_id, since_in(request))
        return {"cumulative_joined_room_count": count}

    @route("GET", USER + "/accountdata", access=Access.ADMIN)
    async def account_data(self, request: Request, user_id: str) -> JsonObject:
        await self._administration.find(user_id)
        return {"account_data": await self._facts.account_data(user_id)}


def since_in(request: Request) -> int:
    request.required_text("from_ts")
    return request.integer("from_ts", 0)


FEATURES = ADMIN + "/experimental_features/{user_id}"
FOR_ALL = {"msc3575": True, "msc3881": True, "msc4222": True}
"""What Synapse has for single accounts; here everybody has it."""


@frozen(eq=False)
class FeatureEndpoints:
    _administration: Administration

    @route("GET", FEATURES, access=Access.ADMIN)
    async def shown(self, request: Request, user_id: str) -> JsonObject:
        await self._administration.find(user_id)
        return {"features": dict(FOR_ALL)}

    @route("PUT", FEATURES, access=Access.ADMIN)
    async def set(self, request: Request, user_id: str) -> JsonObject:
        """Nothing is refused that is so already."""
        await self._administration.find(user_id)
        for name, wanted in field(request.json_object(), "features", dict).items():
            if wanted is not FOR_ALL.get(name, False):
                raise InvalidParam(f"'{name[:100]}' is not turned on and off for single accounts.")
        return {}
