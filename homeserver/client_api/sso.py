"""Spec: Client-Server API, "SSO client login/authentication". The pages do the rest."""

from urllib.parse import urlencode

from attrs import frozen

from homeserver.errors import InvalidParam, NotFound
from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.users.sso.redirects import is_way_back

UNSTABLE_ACTION = "org.matrix.msc3824.action"


@frozen
class Places:
    """Addresses of pages."""

    sign_in: str
    register: str
    start: str
    for_apps: str
    confirm: str


@frozen(eq=False)
class SsoEndpoints:
    """`_providers` are the ids of those that can be chosen."""

    _baseurl: str
    _places: Places
    _providers: frozenset[str]

    @route("GET", "/v3/login/sso/redirect", access=Access.PUBLIC, cost="login")
    async def to_pages(self, request: Request) -> Response:
        next = self._after(request)
        action = request.text("action") or request.text(UNSTABLE_ACTION)
        page = self._places.register if action == "register" else self._places.sign_in
        return self._redirect(page, {"next": next})

    @route("GET", "/v3/login/sso/redirect/{idp_id}", access=Access.PUBLIC, cost="login")
    async def to_provider(self, request: Request, idp_id: str) -> Response:
        next = self._after(request)
        if idp_id not in self._providers:
            raise NotFound("There is no such provider.")
        return self._redirect(self._places.start, {"provider": idp_id, "next": next})

    @route("GET", "/v3/auth/m.login.sso/fallback/web", access=Access.PUBLIC, cost="login")
    async def to_confirmation(self, request: Request) -> Response:
        """Spec: "SSO during User-Interactive Authentication"."""
        session = request.required_text("session")
        return self._redirect(self._places.confirm, {"session": session})

    def _redirect(self, page: str, query: dict[str, str]) -> Response:
        headers = (
            ("Location", f"{self._baseurl}{page}?{urlencode(query)}"),
            ("Cache-Control", "no-store"),
        )
        return Response(b"", 302, "text/plain", headers)

    def _after(self, request: Request) -> str:
        """The page that sends the browser back to the app."""
        url = request.required_text("redirectUrl")
        if not is_way_back(url):
            raise InvalidParam("'redirectUrl' is no address that a browser can be sent to.")
        return f"{self._places.for_apps}?{urlencode({'redirectUrl': url})}"
