"""Spec: Client-Server API, "Account registration" and "Token-authenticated registration"."""

from functools import partial

from attrs import frozen

from homeserver.client_api.logins import device_wish, login_json
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.users.masquerade import Masquerade
from homeserver.users.registration import NewUser, Registration

APPSERVICE = "m.login.application_service"


@frozen
class RegistrationEndpoints:
    _registration: Registration
    _masquerade: Masquerade

    @route("POST", "/v3/register", access=Access.PUBLIC, cost="registration")
    async def register(self, request: Request) -> JsonObject:
        kind = request.choice("kind", "user", ("user", "guest"))
        body = request.json_object_or_empty()
        if kind == "guest":
            name = field(body, "initial_device_display_name", str, None)
            return login_json(await self._registration.register_guest(name))
        if body.get("type") == APPSERVICE:
            return await self._register_for_service(request, body)
        read = partial(new_user, request)
        return login_json(await self._registration.register(request, body, read))

    @route("GET", "/v3/register/available", access=Access.PUBLIC, cost="registration")
    async def available(self, request: Request) -> JsonObject:
        await self._registration.check_username(request.required_text("username"))
        return {"available": True}

    @route(
        "GET",
        "/v1/register/m.login.registration_token/validity",
        access=Access.PUBLIC,
        cost="registration",
    )
    async def token_validity(self, request: Request) -> JsonObject:
        token = request.required_text("token")
        return {"valid": await self._registration.token_is_valid(token)}

    async def _register_for_service(self, request: Request, body: JsonObject) -> JsonObject:
        service = self._masquerade.service_of(request)
        username = field(body, "username", str)
        wish = None if field(body, "inhibit_login", bool, False) else device_wish(request, body)
        return login_json(await self._registration.register_for_service(service, username, wish))


def new_user(request: Request, body: JsonObject) -> NewUser:
    return NewUser(
        username=field(body, "username", str, None),
        password=field(body, "password", str, None),
        wish=None if field(body, "inhibit_login", bool, False) else device_wish(request, body),
        guest_access_token=field(body, "guest_access_token", str, None),
    )
