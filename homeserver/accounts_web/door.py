"""Every page is reached through here: cookie, form token, limits, errors."""

from collections.abc import Awaitable, Callable
from functools import wraps
from hmac import compare_digest
from typing import Any, Protocol
from urllib.parse import urlencode

from attrs import evolve, frozen

from homeserver.accounts_web.addresses import SECOND_STEP, SIGN_IN
from homeserver.accounts_web.pages import Pages
from homeserver.accounts_web.problems import Problem, sentence_of
from homeserver.accounts_web.visits import Visit, cookie_of, marks_of
from homeserver.errors import MatrixError
from homeserver.http.client_addresses import address_key
from homeserver.http.forms import form_of
from homeserver.http.languages import preferred
from homeserver.http.request import Request, header
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.users.browsers import Browsers, Came
from homeserver.users.guesses import Guesses
from homeserver.users.rate_limits import Limits

MAX_FORM = 16 * 1024
MAX_MARKS = 5
"""So many people may share a browser and be known there."""
FORM_TOKEN = "form_token"

Answer = Callable[[Visit], Awaitable[Response]]


@frozen(eq=False)
class Door:
    pages: Pages
    browsers: Browsers
    _limits: Limits
    _guesses: Guesses

    async def answer(self, request: Request, page: Answer, cost: str, members: bool) -> Response:
        visit = await self._visit(request)
        try:
            if request.method == "POST":
                visit = self._with_form(visit)
            if cost:
                self._limits.take(cost, address_key(request.client_ip))
            if members and visit.member is None:
                return self._to_sign_in(request)
            return await page(visit)
        except MatrixError as error:
            text = sentence_of(error)
            return self.pages.notice(visit, "problem.title", text, status=error.status)

    async def _visit(self, request: Request) -> Visit:
        known = cookie_of(request, self.pages.cookie_name)
        cookie = known or self.browsers.new_cookie()
        return Visit(
            request=request,
            language=preferred(header(request, "accept-language")),
            cookie=cookie,
            form_token=await self.browsers.form_token(cookie),
            form={},
            signed_in=await self.browsers.find(cookie) if known else None,
            marks=marks_of(request, self.pages.marks_name),
        )

    def _with_form(self, visit: Visit) -> Visit:
        """What was sent, if our own page sent it: other sites cannot know the token."""
        site = header(visit.request, "sec-fetch-site")
        form = form_of(visit.request)
        token = form.pop(FORM_TOKEN, "")
        is_ours = compare_digest(token.encode("utf-8", "replace"), visit.form_token.encode())
        if not is_ours or site not in ("", "same-origin", "none"):
            raise Problem("problem.form", status=403)
        return evolve(visit, form=form)

    async def let_in(
        self,
        visit: Visit,
        user_id: str,
        next: str,
        *,
        has_all: bool,
        came: Came | None = None,
    ) -> Response:
        """Sign somebody in, and lead on: to the second step where it is still to come."""
        cookie, is_whole = await self.browsers.sign_in(
            user_id, visit.visitor, has_all=has_all, came=came
        )
        if not is_whole:
            return self.pages.redirect(f"{SECOND_STEP}?{urlencode({'next': next})}", cookie)
        return await self._lead_on(visit, user_id, next, cookie)

    async def let_in_by_passkey(self, visit: Visit, user_id: str, next: str) -> Response:
        """All steps were taken at once."""
        cookie = await self.browsers.sign_in_by_passkey(user_id, visit.visitor)
        return await self._lead_on(visit, user_id, next, cookie)

    async def _lead_on(self, visit: Visit, user_id: str, next: str, cookie: str) -> Response:
        answer = self.pages.redirect(next, cookie)
        return self.pages.with_marks(answer, await self.marks_with(visit, user_id))

    async def marks_with(self, visit: Visit, user_id: str) -> tuple[str, ...]:
        """The newest first."""
        mark = await self._guesses.mark_of(user_id)
        return (mark, *(it for it in visit.marks if it != mark))[:MAX_MARKS]

    def _to_sign_in(self, request: Request) -> Response:
        there = request.path + (f"?{request.query}" if request.query else "")
        query = urlencode({"next": there}) if request.method != "POST" else ""
        return self.pages.redirect(f"{SIGN_IN}?{query}")


class HasDoor(Protocol):
    @property
    def door(self) -> Door: ...


def page(method: str, path: str, *, cost: str = "", members: bool = True) -> Callable[[Any], Any]:
    """`route` for methods that take a visit; with `members` only those who are signed in come."""

    def mark(function: Callable[..., Awaitable[Response]]) -> Any:
        @route(method, path, access=Access.PUBLIC, max_body=MAX_FORM)
        @wraps(function)
        async def answer(self: HasDoor, request: Request, **names: str) -> Response:
            return await self.door.answer(
                request, lambda visit: function(self, visit, **names), cost, members
            )

        return answer

    return mark
