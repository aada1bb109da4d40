"""Spec: Client-Server API, "Login", "Refreshing access tokens" and logging out."""

from attrs import frozen

from homeserver.client_api.logins import device_wish, login_json, token_lifetime
from homeserver.client_api.registration import APPSERVICE
from homeserver.clock import Clock
from homeserver.errors import Forbidden, MatrixError
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.users.credentials import identified_user
from homeserver.users.interactive_auth import PASSWORD, SSO, InteractiveAuth
from homeserver.users.login import LoggingIn
from homeserver.users.masquerade import Masquerade
from homeserver.users.passwords import Passwords
from homeserver.users.sessions import DeviceWish, Login, Sessions

TOKEN = "m.login.token"


@frozen
class LoginEndpoints:
    """`_sso` is what is told of signing in on our pages, if that can be done; `_well_known` what
    new sessions are told about this server, or empty.
    """

    _logging_in: LoggingIn
    _masquerade: Masquerade
    _passwords: Passwords
    _clock: Clock
    _well_known: JsonObject
    _sso: JsonObject | None

    @route("GET", "/v3/login", access=Access.PUBLIC)
    async def flows(self, request: Request) -> JsonObject:
        flows: list[JsonObject] = [{"type": TOKEN, "get_login_token": True}, {"type": APPSERVICE}]
        if self._passwords.enabled:
            flows.insert(0, {"type": PASSWORD})
        if self._sso is not None:
            flows.append(self._sso)
        return {"flows": flows}

    @route("POST", "/v3/login", access=Access.PUBLIC, cost="login")
    async def log_in(self, request: Request) -> JsonObject:
        body = request.json_object()
        login = await self._log_in(request, body, device_wish(request, body))
        answer = login_json(login)
        return {**answer, "well_known": self._well_known} if self._well_known else answer

    @route("POST", "/v3/logout", access=Access.GUEST)
    async def log_out(self, request: Request) -> JsonObject:
        await self._logging_in.log_out(request.requester)
        return {}

    @route("POST", "/v3/logout/all", access=Access.GUEST)
    async def log_out_everywhere(self, request: Request) -> JsonObject:
        await self._logging_in.log_out_everywhere(request.user_id)
        return {}

    async def _log_in(self, request: Request, body: JsonObject, wish: DeviceWish) -> Login:
        type = field(body, "type", str)
        if type == PASSWORD:
            if not self._passwords.enabled:
                raise Forbidden("Passwords are not accepted here.")
            user, password = identified_user(body), field(body, "password", str)
            return await self._logging_in.by_password(user, password, wish)
        if type == TOKEN:
            token = field(body, "token", str)
            return await self._logging_in.by_token(token, wish, self._clock.now_ms())
        if type == APPSERVICE:
            service = self._masquerade.service_of(request)
            return await self._logging_in.by_service(service, identified_user(body), wish)
        raise MatrixError("This server does not know this login type.")


@frozen
class TokenEndpoints:
    """More tokens for those who have one."""

    _sessions: Sessions
    _interactive_auth: InteractiveAuth

    @route("POST", "/v3/refresh", access=Access.PUBLIC)
    async def refresh(self, request: Request) -> JsonObject:
        token = field(request.json_object(), "refresh_token", str)
        login = await self._sessions.refresh(token)
        return {"access_token": login.access_token, **token_lifetime(login)}

    @route("POST", "/v1/login/get_token", cost="login_account")
    async def get_login_token(self, request: Request) -> JsonObject:
        confirmed = await self._interactive_auth.confirm(
            request, request.json_object_or_empty(), request.user_id
        )
        is_whole = SSO in confirmed.completed
        token, lifetime_ms = await self._sessions.login_token(request.user_id, is_whole=is_whole)
        return {"login_token": token, "expires_in_ms": lifetime_ms}
