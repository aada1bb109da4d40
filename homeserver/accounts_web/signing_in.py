"""Sign in and out."""

from urllib.parse import urlencode

from attrs import evolve, frozen

from homeserver.accounts_web.addresses import (
    FORGOTTEN,
    PASSKEY,
    REGISTER,
    SIGN_IN,
    SIGN_OUT,
    onward,
)
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.forms import NAME, PASSWORD_NOW, Button, Form
from homeserver.accounts_web.problems import sentence_of
from homeserver.accounts_web.single_sign_on import provider_links
from homeserver.accounts_web.visits import Visit
from homeserver.errors import Forbidden, MatrixError
from homeserver.http.response import Response
from homeserver.users.credentials import Credentials
from homeserver.users.passwords import Passwords
from homeserver.users.sessions import UserDeactivated
from homeserver.users.sso.visits import SsoVisits


@frozen
class WaysIn:
    """Besides the password. `can_reset`: whether a forgotten one can be replaced by a letter."""

    can_reset: bool
    providers: SsoVisits | None


@frozen(eq=False)
class SignInPages:
    door: Door
    _credentials: Credentials
    _passwords: Passwords
    _ways: WaysIn

    @page("GET", SIGN_IN, members=False)
    async def ask(self, visit: Visit) -> Response:
        next = onward(visit.request.text("next"))
        if visit.member is not None and not visit.request.text("switch"):
            return self.door.pages.redirect(next)
        return self.door.pages.form(visit, self._form(next))

    @page("POST", SIGN_IN, cost="login", members=False)
    async def sign_in(self, visit: Visit) -> Response:
        next, name = onward(visit.value("next")), visit.value("username").strip()
        try:
            user_id = await self._check(visit, name)
            return await self.door.let_in(visit, user_id, next, has_all=False)
        except MatrixError as error:
            # Whether there is such an account, or was, shows nowhere.
            is_wrong = isinstance(error, Forbidden | UserDeactivated)
            problem = "problem.credentials" if is_wrong else sentence_of(error)
            form = self._form(next, name)
            return self.door.pages.form(visit, form, problem, status=error.status)

    @page("POST", SIGN_OUT)
    async def sign_out(self, visit: Visit) -> Response:
        await self.door.browsers.sign_out(visit.cookie)
        return self.door.pages.redirect(SIGN_IN, self.door.browsers.new_cookie())

    async def _check(self, visit: Visit, name: str) -> str:
        if not self._passwords.enabled:
            raise Forbidden("Passwords are not accepted here.")
        password = visit.value("password")
        return (await self._credentials.check(name, password, visit.place)).user_id

    def _form(self, next: str, name: str = "") -> Form:
        query = urlencode({"next": next})
        forgotten = ((FORGOTTEN, "link.forgotten"),) if self._ways.can_reset else ()
        return Form(
            title="sign_in.title",
            action=SIGN_IN,
            fields=(evolve(NAME, value=name), PASSWORD_NOW) if self._passwords.enabled else (),
            buttons=(Button(label="sign_in.button"),) if self._passwords.enabled else (),
            hidden={"next": next},
            ways=provider_links(self._ways.providers, next),
            links=(
                (f"{PASSKEY}?{query}", "link.passkey"),
                (f"{REGISTER}?{query}", "link.register"),
                *forgotten,
            ),
        )
