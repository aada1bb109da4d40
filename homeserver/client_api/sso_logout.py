"""Providers of OpenID Connect say that a session has ended. Back-Channel Logout 1.0."""

from attrs import frozen

from homeserver.http.forms import form_of
from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.json_values import encode
from homeserver.users.sso.logouts import Logouts, NoLogout

LOGOUT = "/_isthmus/account/sso/logout"
MAX_FORM = 16 * 1024
UNCACHED = (("Cache-Control", "no-store"),)


@frozen(eq=False)
class SsoLogoutEndpoints:
    _logouts: Logouts

    @route("POST", LOGOUT + "/{provider}", access=Access.PUBLIC, cost="oauth", max_body=MAX_FORM)
    async def log_out(self, request: Request, provider: str) -> Response:
        try:
            await self._logouts.end(provider, form_of(request).get("logout_token", ""))
        except NoLogout as error:
            told = {"error": "invalid_request", "error_description": error.message}
            return Response(encode(told), 400, "application/json", UNCACHED)
        return Response(b"", 200, "text/plain", UNCACHED)
