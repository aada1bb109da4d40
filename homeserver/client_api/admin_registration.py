"""Registration by shared secret: the admin endpoint that every deployment tool uses."""

from attrs import frozen

from homeserver.client_api.logins import login_json
from homeserver.errors import InvalidParam
from homeserver.http.request import Request, field
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject
from homeserver.users.shared_secret import SharedSecretRegistration, SignedWish


@frozen
class AdminRegistrationEndpoints:
    _registration: SharedSecretRegistration

    @route("GET", "/_synapse/admin/v1/register", access=Access.PUBLIC)
    async def nonce(self, request: Request) -> JsonObject:
        return {"nonce": self._registration.nonce()}

    @route("POST", "/_synapse/admin/v1/register", access=Access.PUBLIC)
    async def register(self, request: Request) -> JsonObject:
        return login_json(await self._registration.register(signed_wish(request.json_object())))


def signed_wish(body: JsonObject) -> SignedWish:
    user_type = field(body, "user_type", str, None)
    if user_type is not None and not user_type.isprintable():
        raise InvalidParam("'user_type' must be a word.")
    return SignedWish(
        nonce=field(body, "nonce", str),
        username=field(body, "username", str),
        password=field(body, "password", str),
        mac=field(body, "mac", str),
        admin=field(body, "admin", bool, False),
        display_name=field(body, "displayname", str, None),
        user_type=user_type,
        inhibit_login=field(body, "inhibit_login", bool, False),
    )
