"""How the pages look."""

from attrs import frozen

from homeserver.accounts_web.addresses import STYLE
from homeserver.accounts_web.pages import Pages
from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, route


@frozen(eq=False)
class StyleEndpoints:
    _pages: Pages

    @route("GET", STYLE, access=Access.PUBLIC)
    async def style(self, request: Request) -> Response:
        cached = (("Cache-Control", "max-age=3600"), ("X-Content-Type-Options", "nosniff"))
        return Response(self._pages.style, 200, "text/css; charset=utf-8", cached)
