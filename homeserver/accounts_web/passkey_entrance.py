"""Signing in by a passkey: instead of everything, after the password, or once more."""

from urllib.parse import urlencode

from attrs import frozen

from homeserver.accounts_web.addresses import (
    PASSKEY,
    PASSKEY_SCRIPT,
    SECOND_STEP,
    SIGN_IN,
    onward,
)
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.problems import passkey_problem_of
from homeserver.accounts_web.visits import Visit
from homeserver.errors import MatrixError
from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.json_values import encode
from homeserver.users.passkeys import Passkeys


@frozen(eq=False)
class PasskeyEntrance:
    """The pages of passkeys are the only ones with a script, and it is this one."""

    door: Door
    _passkeys: Passkeys
    _script_url: str

    @page("GET", PASSKEY, members=False)
    async def ask(self, visit: Visit) -> Response:
        return await self._show(visit, onward(visit.request.text("next")))

    @page("POST", PASSKEY, cost="login", members=False)
    async def check(self, visit: Visit) -> Response:
        next = onward(visit.value("next"))
        expected = visit.signed_in.user_id if visit.signed_in else None
        answer = visit.value("credential")
        try:
            user_id = await self._passkeys.check(visit.cookie, answer, expected)
            return await self.door.let_in_by_passkey(visit, user_id, next)
        except MatrixError as error:
            return await self._show(visit, next, passkey_problem_of(error), error.status)

    @route("GET", PASSKEY_SCRIPT, access=Access.PUBLIC)
    async def script(self, request: Request) -> Response:
        return self.door.pages.script_file("passkeys.js")

    async def _show(
        self, visit: Visit, next: str, problem: str = "", status: int = 200
    ) -> Response:
        known = visit.signed_in.user_id if visit.signed_in else None
        options = await self._passkeys.request_options(known, visit.cookie)
        query = urlencode({"next": next})
        back = (f"{SECOND_STEP}?{query}&code=1", "link.code")
        if visit.signed_in is None or visit.member is not None:
            back = (f"{SIGN_IN}?{query}&switch=1", "link.password")
        return self.door.pages.render_with_script(
            visit,
            "passkey.html",
            self._script_url,
            status=status,
            title="passkey.title",
            text="passkey.text",
            problem=problem,
            what="show",
            options=encode(options).decode(),
            action=PASSKEY,
            hidden={"next": next},
            button="sign_in.button",
            links=(back,),
        )
