"""Where the links in our letters lead: not part of the specification.

A look at a link changes nothing, since mail programs look at links by themselves; the button on
its page does. Mail programs with a button of their own send what RFC 8058 says.
"""

from html import escape
from importlib.resources import files

from attrs import field, frozen

from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.users.mailboxes import CONFIRM_PATH, UNSUBSCRIBE_PATH, Mailboxes

PAGE_HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)
BAD_LINK = "This link is not good (any more)."


@frozen(eq=False)
class MailLinkEndpoints:
    _mailboxes: Mailboxes
    _server_name: str
    _template: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        text = (files("homeserver.http") / "pages" / "question.html").read_text()
        object.__setattr__(self, "_template", text)

    @route("GET", UNSUBSCRIBE_PATH, access=Access.PUBLIC)
    async def ask_to_unsubscribe(self, request: Request) -> Response:
        if not await self._mailboxes.is_unsubscribing(request.text("token")):
            return self._page("Notifications by e-mail", BAD_LINK, status=404)
        text = f"Shall {self._server_name} send no more letters about missed messages?"
        return self._page("Notifications by e-mail", text, "Stop them")

    @route("POST", UNSUBSCRIBE_PATH, access=Access.PUBLIC, max_body=4096)
    async def unsubscribe(self, request: Request) -> Response:
        if not await self._mailboxes.unsubscribe(request.text("token")):
            return self._page("Notifications by e-mail", BAD_LINK, status=404)
        return self._page("Notifications by e-mail", "You will get no more of these letters.")

    @route("GET", CONFIRM_PATH, access=Access.PUBLIC)
    async def ask_to_confirm(self, request: Request) -> Response:
        text = f"Shall {self._server_name} write to you when you miss messages?"
        return self._page("Notifications by e-mail", text, "Yes, please")

    @route("POST", CONFIRM_PATH, access=Access.PUBLIC, max_body=4096)
    async def confirm(self, request: Request) -> Response:
        if not await self._mailboxes.confirm(request.text("token")):
            return self._page("Notifications by e-mail", BAD_LINK, status=404)
        return self._page("Notifications by e-mail", "From now on you will be told what you miss.")

    def _page(self, title: str, text: str, button: str = "", status: int = 200) -> Response:
        form = f'<form method="post"><button>{escape(button)}</button></form>' if button else ""
        page = self._template.replace("{title}", escape(title)).replace("{text}", escape(text))
        page = page.replace("{form}", form)
        return Response(page.encode(), status, "text/html; charset=utf-8", PAGE_HEADERS)
