"""What a browser or a watchdog finds at the server's address: not part of the specification."""

from html import escape
from importlib.resources import files

from attrs import field, frozen

from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonObject

# The page has no script and loads nothing; the policy keeps it so.
PAGE_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)


@frozen(eq=False)
class LandingEndpoints:
    _server_name: str
    _public_baseurl: str
    _page: Response = field(init=False)

    def __attrs_post_init__(self) -> None:
        text = (files("homeserver.http") / "pages" / "index.html").read_text()
        text = text.replace("{server_name}", escape(self._server_name))
        text = text.replace("{public_baseurl}", escape(self._public_baseurl))
        page = Response(text.encode(), 200, "text/html; charset=utf-8", PAGE_HEADERS)
        object.__setattr__(self, "_page", page)

    @route("GET", "/", access=Access.PUBLIC)
    async def page(self, request: Request) -> Response:
        return self._page

    @route("GET", "/health", access=Access.PUBLIC)
    async def health(self, request: Request) -> JsonObject:
        """Whether the process answers."""
        return {"status": "ok"}
