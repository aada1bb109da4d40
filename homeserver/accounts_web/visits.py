"""A request for a page: who asks, from which browser, in which language."""

import re

from attrs import frozen

from homeserver.http.request import Request, header
from homeserver.users.browsers import SignedIn, Visitor
from homeserver.users.guesses import Place

MARKS = re.compile(r"[A-Za-z0-9_-]{43}(?:\.[A-Za-z0-9_-]{43}){0,4}")
COOKIE = re.compile(r"[A-Za-z0-9]{40}")


@frozen(kw_only=True)
class Visit:
    """`cookie` tells browsers apart, signed in or not; `form` is what was sent, or empty."""

    request: Request
    language: str
    cookie: str
    form_token: str
    form: dict[str, str]
    signed_in: SignedIn | None
    marks: tuple[str, ...] = ()
    """Of those who were signed in here before."""

    @property
    def member(self) -> SignedIn | None:
        """Who has proved everything that the account asks for."""
        return self.signed_in if self.signed_in and self.signed_in.is_whole else None

    @property
    def user_id(self) -> str:
        assert self.member is not None
        return self.member.user_id

    @property
    def place(self) -> Place:
        return Place(self.request.client_ip, self.marks)

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.cookie, self.language)

    def value(self, name: str) -> str:
        return self.form.get(name, "")


def marks_of(request: Request, name: str) -> tuple[str, ...]:
    for pair in header(request, "cookie").split(";"):
        found, _, value = pair.strip().partition("=")
        if found == name and MARKS.fullmatch(value):
            return tuple(value.split("."))
    return ()


def cookie_of(request: Request, name: str) -> str | None:
    for pair in header(request, "cookie").split(";"):
        found, _, value = pair.strip().partition("=")
        if found == name and COOKIE.fullmatch(value):
            return value
    return None
