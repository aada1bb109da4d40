"""Tokens that let people register."""

from typing import Any

from attrs import frozen

from homeserver.admin_api.fields import ADMIN
from homeserver.clock import Clock
from homeserver.errors import InvalidParam, NotFound
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.users.registration_tokens import RegistrationToken, RegistrationTokens

TOKENS = ADMIN + "/registration_tokens"


@frozen(eq=False)
class RegistrationTokenEndpoints:
    _tokens: RegistrationTokens
    _clock: Clock

    @route("GET", TOKENS, access=Access.ADMIN)
    async def listed(self, request: Request) -> JsonObject:
        found = await self._tokens.everything()
        if request.optional_text("valid") is not None:
            wanted, now_ms = request.boolean("valid"), self._clock.now_ms()
            found = [token for token in found if token.is_valid(now_ms) == wanted]
        return {"registration_tokens": [token_json(token) for token in found]}

    @route("POST", TOKENS + "/new", access=Access.ADMIN)
    async def make(self, request: Request) -> JsonObject:
        body = request.json_object_or_empty()
        length = field(body, "length", int, 16)
        if not 1 <= length <= 64:
            raise InvalidParam("'length' must be between 1 and 64.")
        token = await self._tokens.create(
            field(body, "token", str, None), self._uses(body), self._expiry(body), length
        )
        return token_json(token)

    @route("GET", TOKENS + "/{token}", access=Access.ADMIN)
    async def one(self, request: Request, token: str) -> JsonObject:
        return token_json(await self._tokens.find(token))

    @route("PUT", TOKENS + "/{token}", access=Access.ADMIN)
    async def change(self, request: Request, token: str) -> JsonObject:
        body, changes = request.json_object(), dict[str, Any]()
        if "uses_allowed" in body:
            changes["uses_allowed"] = self._uses(body)
        if "expiry_time" in body:
            changes["expires_ts"] = self._expiry(body)
        return token_json(await self._tokens.change(token, changes))

    @route("DELETE", TOKENS + "/{token}", access=Access.ADMIN)
    async def delete(self, request: Request, token: str) -> JsonObject:
        if not await self._tokens.remove(token):
            raise NotFound("There is no such registration token.")
        return {}

    def _uses(self, body: JsonObject) -> int | None:
        uses: int | None = field(body, "uses_allowed", int, None)
        if uses is not None and not 0 <= uses < 2**53:
            raise InvalidParam("'uses_allowed' must be a number from 0 on, or null.")
        return uses

    def _expiry(self, body: JsonObject) -> int | None:
        expiry: int | None = field(body, "expiry_time", int, None)
        if expiry is not None and not self._clock.now_ms() <= expiry < 2**53:
            raise InvalidParam("'expiry_time' must lie in the future, in milliseconds, or be null.")
        return expiry


def token_json(token: RegistrationToken) -> JsonObject:
    """A use counts once the account is there, so none is ever pending."""
    return {
        "token": token.token,
        "uses_allowed": token.uses_allowed,
        "pending": 0,
        "completed": token.uses,
        "expiry_time": token.expires_ts,
    }
