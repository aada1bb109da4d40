"""What is done to an account: rights, suspension, shadow-bans, limits, the end."""

from attrs import frozen

from homeserver.admin_api.fields import ADMIN
from homeserver.errors import InvalidParam
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.users.account_moderation import AccountModeration
from homeserver.users.administration import Administration
from homeserver.users.limit_overrides import LimitOverrides
from homeserver.users.puppeting import Puppeting
from homeserver.users.second_factors import SecondFactors

USER = ADMIN + "/users/{user_id}"
SECOND_FACTOR = "/_isthmus/admin/v1/users/{user_id}/second_factor"


@frozen(eq=False)
class AccountChangeEndpoints:
    _administration: Administration
    _moderation: AccountModeration
    _second_factors: SecondFactors
    _puppeting: Puppeting

    @route("GET", USER + "/admin", access=Access.ADMIN)
    async def is_admin(self, request: Request, user_id: str) -> JsonObject:
        return {"admin": (await self._administration.find(user_id)).is_admin}

    @route("PUT", USER + "/admin", access=Access.ADMIN)
    async def make_admin(self, request: Request, user_id: str) -> JsonObject:
        admin: bool = field(request.json_object(), "admin", bool)
        await self._administration.change(request.user_id, user_id, is_admin=admin)
        return {}

    @route("POST", ADMIN + "/deactivate/{user_id}", access=Access.ADMIN)
    async def deactivate(self, request: Request, user_id: str) -> JsonObject:
        erase = field(request.json_object_or_empty(), "erase", bool, False)
        await self._administration.deactivate(user_id, erase=erase)
        return {"id_server_unbind_result": "success"}

    @route("PUT", ADMIN + "/suspend/{user_id}", access=Access.ADMIN)
    async def suspend(self, request: Request, user_id: str) -> JsonObject:
        suspended: bool = field(request.json_object(), "suspend", bool)
        await self._moderation.suspend(request.requester, user_id, suspended)
        return {f"user_{user_id}_suspended": suspended}

    @route("POST", ADMIN + "/reset_password/{user_id}", access=Access.ADMIN)
    async def reset_password(self, request: Request, user_id: str) -> JsonObject:
        body = request.json_object()
        password, log_out = (
            field(body, "new_password", str),
            field(body, "logout_devices", bool, True),
        )
        await self._administration.set_password(user_id, password, log_out=log_out)
        return {}

    @route("POST", USER + "/shadow_ban", access=Access.ADMIN)
    async def shadow_ban(self, request: Request, user_id: str) -> JsonObject:
        await self._administration.change(request.user_id, user_id, is_shadow_banned=True)
        return {}

    @route("DELETE", USER + "/shadow_ban", access=Access.ADMIN)
    async def lift_shadow_ban(self, request: Request, user_id: str) -> JsonObject:
        await self._administration.change(request.user_id, user_id, is_shadow_banned=False)
        return {}

    @route("POST", USER + "/_allow_cross_signing_replacement_without_uia", access=Access.ADMIN)
    async def allow_new_keys(self, request: Request, user_id: str) -> JsonObject:
        until = await self._administration.allow_new_keys(request.user_id, user_id)
        return {"updatable_without_uia_before_ms": until}

    @route("POST", USER + "/login", access=Access.ADMIN)
    async def log_in(self, request: Request, user_id: str) -> JsonObject:
        until = field(request.json_object_or_empty(), "valid_until_ms", int, None)
        await self._administration.find(user_id)
        token = await self._puppeting.token(request.user_id, user_id, until)
        return {"access_token": token}

    @route("DELETE", SECOND_FACTOR, access=Access.ADMIN)
    async def remove_second_factor(self, request: Request, user_id: str) -> JsonObject:
        """For who has lost the phone and the recovery codes: the password alone is enough again."""
        await self._administration.find(user_id)
        await self._second_factors.remove(user_id)
        return {}


@frozen(eq=False)
class LimitEndpoints:
    _administration: Administration
    _overrides: LimitOverrides

    @route("GET", USER + "/override_ratelimit", access=Access.ADMIN)
    async def shown(self, request: Request, user_id: str) -> JsonObject:
        await self._administration.find(user_id)
        limit = await self._overrides.find(user_id)
        return {} if limit is None else limit_json(*limit)

    @route("POST", USER + "/override_ratelimit", access=Access.ADMIN)
    async def set(self, request: Request, user_id: str) -> JsonObject:
        body = request.json_object()
        limit = (
            field(body, "messages_per_second", int, 0),
            field(body, "burst_count", int, 0),
        )
        if not all(0 <= number < 2**31 for number in limit):
            raise InvalidParam("A limit cannot be less than zero, or that large.")
        await self._administration.find(user_id)
        await self._overrides.set(user_id, limit)
        return limit_json(*limit)

    @route("DELETE", USER + "/override_ratelimit", access=Access.ADMIN)
    async def lift(self, request: Request, user_id: str) -> JsonObject:
        await self._administration.find(user_id)
        await self._overrides.set(user_id, None)
        return {}


def limit_json(messages_per_second: int, burst_count: int) -> JsonObject:
    return {"messages_per_second": messages_per_second, "burst_count": burst_count}
