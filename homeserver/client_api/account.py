"""Spec: Client-Server API, "Account management" and "Current account information"."""

from attrs import frozen

from homeserver.errors import MissingToken
from homeserver.http.request import Request, field
from homeserver.http.requester import Requester
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.users.account_changes import Deactivation, PasswordChange
from homeserver.users.interactive_auth import (
    PASSWORD,
    SSO,
    Confirmed,
    InteractiveAuth,
)
from homeserver.users.password_reset import PasswordReset
from homeserver.users.stages import EMAIL


@frozen
class AccountEndpoints:
    _password_change: PasswordChange
    _deactivation: Deactivation
    _interactive_auth: InteractiveAuth
    _reset: PasswordReset | None
    """None where this server sends no letters."""

    @route("GET", "/v3/account/whoami", access=Access.GUEST)
    async def whoami(self, request: Request) -> JsonObject:
        answer: JsonObject = {
            "user_id": request.user_id,
            "is_guest": request.requester.is_guest,
        }
        if request.device_id:
            answer["device_id"] = request.device_id
        return answer

    @route("POST", "/v3/account/password", access=Access.OPTIONAL, cost="login")
    async def change_password(self, request: Request) -> JsonObject:
        body = request.json_object()
        if "new_password" in body:
            await self._password_change.check(field(body, "new_password", str))
        confirmed = await self._confirm(request, body, by_mail=self._reset is not None)
        new: str = field(confirmed.body, "new_password", str)
        log_out: bool = field(confirmed.body, "logout_devices", bool, True)
        if user_in(confirmed) is None and self._reset is not None:
            await self._reset.by_app(confirmed.completed[EMAIL], new, log_out=log_out)
            return {}
        requester = requester_of(request)
        await self._password_change.change(
            str(user_in(confirmed)),
            new,
            log_out=log_out,
            keep=requester.device_id if requester else None,
        )
        return {}

    @route("POST", "/v3/account/deactivate", access=Access.OPTIONAL, cost="login")
    async def deactivate(self, request: Request) -> JsonObject:
        requester = requester_of(request)
        if requester is not None and requester.appservice:
            body = request.json_object_or_empty()
            erase = field(body, "erase", bool, False)
            await self._deactivation.by_service(requester, erase=erase)
        else:
            confirmed = await self._confirm(request, request.json_object_or_empty())
            erase = field(confirmed.body, "erase", bool, False)
            await self._deactivation.deactivate(str(user_in(confirmed)), erase=erase)
        # Nothing is bound at identity servers, so nothing is left bound.
        return {"id_server_unbind_result": "success"}

    async def _confirm(
        self, request: Request, body: JsonObject, *, by_mail: bool = False
    ) -> Confirmed:
        """What is proved says whose account it is; with a token, that of the requester."""
        requester = requester_of(request)
        if requester is not None and not requester.session:
            raise MissingToken("Application services leave this to their users.")
        user_id = requester.user_id if requester else ""
        flows = [*await self._interactive_auth.ways(user_id), *(((EMAIL,),) if by_mail else ())]
        return await self._interactive_auth.confirm(request, body, user_id, flows)


def user_in(confirmed: Confirmed) -> str | None:
    """Who has proved to be the owner; None where it was by a letter."""
    found = confirmed.completed.get(PASSWORD, confirmed.completed.get(SSO))
    return None if found is None else str(found)


def requester_of(request: Request) -> Requester | None:
    return getattr(request, "requester", None)
