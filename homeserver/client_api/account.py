"""Spec: Client-Server API, "Account management" and "Current account information"."""

from attrs import frozen

from homeserver.errors import MissingToken
from homeserver.http.request import Request, field
from homeserver.http.requester import Requester
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.users.account_changes import Deactivation, PasswordChange
from homeserver.users.interactive_auth import BY_PASSWORD, PASSWORD, InteractiveAuth


@frozen
class AccountEndpoints:
    _password_change: PasswordChange
    _deactivation: Deactivation
    _interactive_auth: InteractiveAuth

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
            self._password_change.check(field(body, "new_password", str))
        user_id, body = await self._confirm(request, body)
        requester = requester_of(request)
        await self._password_change.change(
            user_id,
            field(body, "new_password", str),
            log_out=field(body, "logout_devices", bool, True),
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
            user_id, body = await self._confirm(request, request.json_object_or_empty())
            await self._deactivation.deactivate(user_id, erase=field(body, "erase", bool, False))
        # No third-party identifiers are kept here, so none is left bound.
        return {"id_server_unbind_result": "success"}

    async def _confirm(self, request: Request, body: JsonObject) -> tuple[str, JsonObject]:
        """Whose account it is: the requester's, or without a token that of the password."""
        requester = requester_of(request)
        if requester is not None and not requester.session:
            raise MissingToken("Application services leave this to their users.")
        user_id = requester.user_id if requester else ""
        confirmed = await self._interactive_auth.confirm(request, body, user_id, BY_PASSWORD)
        return confirmed.completed[PASSWORD], confirmed.body


def requester_of(request: Request) -> Requester | None:
    return getattr(request, "requester", None)
