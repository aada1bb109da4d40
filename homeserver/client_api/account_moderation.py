"""Spec: Client-Server API, "Server administration": accounts locked and suspended."""

from attrs import frozen

from homeserver.http.request import Request, field
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.users.account_moderation import AccountModeration

UNSTABLE = "/unstable/uk.timedout.msc4323/admin"


@frozen
class AccountModerationEndpoints:
    _moderation: AccountModeration

    @route("GET", "/v1/admin/lock/{user_id}", UNSTABLE + "/lock/{user_id}")
    async def is_locked(self, request: Request, user_id: str) -> JsonObject:
        return {"locked": await self._moderation.is_locked(request.requester, user_id)}

    @route("PUT", "/v1/admin/lock/{user_id}", UNSTABLE + "/lock/{user_id}")
    async def lock(self, request: Request, user_id: str) -> JsonObject:
        locked: bool = field(request.json_object(), "locked", bool)
        await self._moderation.lock(request.requester, user_id, locked)
        return {"locked": locked}

    @route("GET", "/v1/admin/suspend/{user_id}", UNSTABLE + "/suspend/{user_id}")
    async def is_suspended(self, request: Request, user_id: str) -> JsonObject:
        return {"suspended": await self._moderation.is_suspended(request.requester, user_id)}

    @route("PUT", "/v1/admin/suspend/{user_id}", UNSTABLE + "/suspend/{user_id}")
    async def suspend(self, request: Request, user_id: str) -> JsonObject:
        suspended: bool = field(request.json_object(), "suspended", bool)
        await self._moderation.suspend(request.requester, user_id, suspended)
        return {"suspended": suspended}
