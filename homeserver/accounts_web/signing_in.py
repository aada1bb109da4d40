"""Sign in, sign out, make an account."""

from urllib.parse import urlencode

from attrs import evolve, frozen

from homeserver.accounts_web.addresses import (
    REGISTER,
    SECOND_STEP,
    SIGN_IN,
    SIGN_OUT,
    STYLE,
    onward,
)
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.forms import PASSWORD_AGAIN, PASSWORD_NOW, Button, Field, Form
from homeserver.accounts_web.problems import Problem, sentence_of
from homeserver.accounts_web.visits import Visit
from homeserver.config.accounts import Policy
from homeserver.errors import Forbidden, LimitExceeded, MatrixError
from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.json_values import JsonValue
from homeserver.users.credentials import Credentials
from homeserver.users.passwords import Passwords
from homeserver.users.registration import NewUser, Registration, RegistrationClosed
from homeserver.users.second_factors import SecondFactors
from homeserver.users.sessions import UserDeactivated
from homeserver.users.stages import DUMMY, REGISTRATION_TOKEN, TERMS

NAME = Field(name="username", label="field.username", autocomplete="username")


@frozen(eq=False)
class SignInPages:
    door: Door
    _credentials: Credentials
    _passwords: Passwords
    _second_factors: SecondFactors

    @page("GET", SIGN_IN, members=False)
    async def ask(self, visit: Visit) -> Response:
        next = onward(visit.request.text("next"))
        if visit.member is not None and not visit.request.text("switch"):
            return self.door.pages.redirect(next)
        return self.door.pages.form(visit, sign_in_form(next))

    @page("POST", SIGN_IN, cost="login", members=False)
    async def sign_in(self, visit: Visit) -> Response:
        next, name = onward(visit.value("next")), visit.value("username").strip()
        try:
            user_id = await self._check(name, visit.value("password"))
            is_whole = not await self._second_factors.is_on(user_id)
            cookie = await self.door.browsers.sign_in(user_id, visit.cookie, is_whole=is_whole)
        except MatrixError as error:
            # Whether there is such an account, or was, shows nowhere.
            is_wrong = isinstance(error, Forbidden | UserDeactivated)
            problem = "problem.credentials" if is_wrong else sentence_of(error)
            form = sign_in_form(next, name)
            return self.door.pages.form(visit, form, problem, status=error.status)
        if not is_whole:
            next = f"{SECOND_STEP}?{urlencode({'next': next})}"
        return self.door.pages.redirect(next, cookie)

    @page("POST", SIGN_OUT)
    async def sign_out(self, visit: Visit) -> Response:
        await self.door.browsers.sign_out(visit.cookie)
        return self.door.pages.redirect(SIGN_IN, self.door.browsers.new_cookie())

    @route("GET", STYLE, access=Access.PUBLIC)
    async def style(self, request: Request) -> Response:
        cached = (("Cache-Control", "max-age=3600"), ("X-Content-Type-Options", "nosniff"))
        return Response(self.door.pages.style, 200, "text/css; charset=utf-8", cached)

    async def _check(self, name: str, password: str) -> str:
        if not self._passwords.enabled:
            raise Forbidden("Passwords are not accepted here.")
        return (await self._credentials.check(name, password)).user_id


@frozen(eq=False)
class RegisterPages:
    door: Door
    _registration: Registration
    _policies: tuple[Policy, ...]

    @page("GET", REGISTER, members=False)
    async def ask(self, visit: Visit) -> Response:
        form = await self._form(visit, onward(visit.request.text("next")))
        return self.door.pages.form(visit, form)

    @page("POST", REGISTER, cost="registration", members=False)
    async def register(self, visit: Visit) -> Response:
        next = onward(visit.value("next"))
        try:
            user_id = await self._register(visit)
        except LimitExceeded:
            raise
        except MatrixError as error:
            form = await self._form(visit, next)
            return self.door.pages.form(visit, form, sentence_of(error), status=error.status)
        cookie = await self.door.browsers.sign_in(user_id, visit.cookie, is_whole=True)
        return self.door.pages.redirect(next, cookie)

    async def _register(self, visit: Visit) -> str:
        if visit.value("password") != visit.value("repeated"):
            raise Problem("problem.not_repeated")
        completed: dict[str, JsonValue] = {DUMMY: True}
        if token := visit.value("token").strip():
            completed[REGISTRATION_TOKEN] = token
        if visit.value("agreed"):
            completed[TERMS] = {policy.id: policy.version for policy in self._policies}
        new = NewUser(username=visit.value("username").strip(), password=visit.value("password"))
        return (await self._registration.register_with(new, completed)).user_id

    async def _form(self, visit: Visit, next: str) -> Form:
        try:
            flows = await self._registration.flows()
        except RegistrationClosed:
            raise Problem("problem.closed", status=403) from None
        fields = [
            evolve(NAME, value=visit.value("username"), hint="hint.username"),
            evolve(PASSWORD_NOW, autocomplete="new-password"),
            PASSWORD_AGAIN,
        ]
        if any(REGISTRATION_TOKEN in flow for flow in flows):
            is_needed = all(REGISTRATION_TOKEN in flow for flow in flows)
            fields.append(Field(name="token", label="field.token", is_needed=is_needed))
        if self._policies:
            fields.append(Field(name="agreed", label="field.agreed", kind="checkbox"))
        return Form(
            title="register.title",
            action=REGISTER,
            fields=tuple(fields),
            buttons=(Button(label="register.button"),),
            hidden={"next": next},
            links=(
                *((policy.url, policy.name) for policy in self._policies),
                (f"{SIGN_IN}?{urlencode({'next': next})}", "link.sign_in"),
            ),
        )


def sign_in_form(next: str, name: str = "") -> Form:
    return Form(
        title="sign_in.title",
        action=SIGN_IN,
        fields=(evolve(NAME, value=name), PASSWORD_NOW),
        buttons=(Button(label="sign_in.button"),),
        hidden={"next": next},
        links=((f"{REGISTER}?{urlencode({'next': next})}", "link.register"),),
    )
