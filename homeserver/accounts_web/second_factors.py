"""The second factor: asked for when signing in, set up, and taken away."""

from typing import Any
from urllib.parse import urlencode

import segno
from attrs import evolve, frozen

from homeserver.accounts_web.addresses import (
    ACCOUNT,
    PASSKEY,
    SECOND_STEP,
    SIGN_IN,
    TWO_STEPS,
    onward,
)
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.forms import CODE, Button, Form
from homeserver.accounts_web.problems import Problem, proof_problem_of
from homeserver.accounts_web.proving import Proving
from homeserver.accounts_web.visits import Visit
from homeserver.errors import MatrixError
from homeserver.http.response import Response
from homeserver.users.passkeys import Passkeys
from homeserver.users.second_factors import SecondFactors, WrongCode
from homeserver.users.totp import text_of, uri_of


@frozen(eq=False)
class SecondStepPages:
    """After the password."""

    door: Door
    _second_factors: SecondFactors
    _passkeys: Passkeys

    @page("GET", SECOND_STEP, members=False)
    async def ask(self, visit: Visit) -> Response:
        next = onward(visit.request.text("next"))
        if visit.signed_in is None or visit.member is not None:
            return self.door.pages.redirect(f"{SIGN_IN}?{urlencode({'next': next})}")
        has_passkeys = bool(await self._passkeys.of_user(visit.signed_in.user_id))
        if has_passkeys and not visit.request.text("code"):
            return self.door.pages.redirect(f"{PASSKEY}?{urlencode({'next': next})}")
        return self.door.pages.form(visit, step_form(next))

    @page("POST", SECOND_STEP, cost="login", members=False)
    async def check(self, visit: Visit) -> Response:
        next = onward(visit.value("next"))
        if visit.signed_in is None:
            return self.door.pages.redirect(f"{SIGN_IN}?{urlencode({'next': next})}")
        user_id = visit.signed_in.user_id
        try:
            await self._second_factors.check(user_id, visit.value("code"), visit.place)
        except MatrixError as error:
            problem = proof_problem_of(error)
            return self.door.pages.form(visit, step_form(next), problem, status=error.status)
        return await self.door.let_in(visit, user_id, next, has_all=True)


@frozen(eq=False)
class TwoStepPages:
    """Setting it up. The password is asked for first: an open browser is not enough."""

    door: Door
    _second_factors: SecondFactors
    _proving: Proving

    @page("GET", TWO_STEPS)
    async def ask(self, visit: Visit) -> Response:
        return await self._again(visit)

    @page("POST", TWO_STEPS, cost="login")
    async def change(self, visit: Visit) -> Response:
        decisions: dict[str, Any] = {
            "begin": self._begin,
            "confirm": self._confirm,
            "codes": self._replace_codes,
            "remove": self._remove,
        }
        decide = decisions.get(visit.value("decision"))
        if decide is None:
            raise Problem("problem.other")
        try:
            answer: Response = await decide(visit)
        except MatrixError as error:
            return await self._again(visit, proof_problem_of(error), error.status)
        return answer

    async def _begin(self, visit: Visit) -> Response:
        await self._proving.check(visit)
        secret = await self._second_factors.begin(visit.user_id)
        return self._show_secret(visit, secret)

    async def _confirm(self, visit: Visit) -> Response:
        user_id = visit.user_id
        try:
            codes = await self._second_factors.confirm(user_id, visit.value("code"), visit.place)
        except WrongCode as error:
            if (secret := await self._second_factors.secret(user_id)) is None:
                raise
            return self._show_secret(visit, secret, proof_problem_of(error), error.status)
        cookie, _ = await self.door.browsers.sign_in(user_id, visit.visitor, has_all=True)
        return self._show_codes(visit, codes, cookie)

    async def _replace_codes(self, visit: Visit) -> Response:
        await self._proving.check(visit)
        codes = await self._second_factors.replace_codes(visit.user_id)
        return self._show_codes(visit, codes, visit.cookie)

    async def _remove(self, visit: Visit) -> Response:
        await self._proving.check(visit)
        await self._second_factors.remove_totp(visit.user_id)
        is_on = await self._second_factors.is_on(visit.user_id)
        text = "two_steps.passkeys_stay" if is_on else "two_steps.removed"
        return self.door.pages.notice(visit, "two_steps.title", text)

    async def _again(self, visit: Visit, problem: str = "", status: int = 200) -> Response:
        fields, links = await self._proving.questions(visit, TWO_STEPS)
        left = await self._second_factors.recovery_codes_left(visit.user_id)
        if await self._second_factors.has_totp(visit.user_id):
            form = change_form(left)
        else:
            form = begin_form(has_codes=await self._second_factors.is_on(visit.user_id))
        form = evolve(form, fields=fields, links=(*links, *form.links))
        return self.door.pages.form(visit, form, problem, status=status)

    def _show_secret(
        self, visit: Visit, secret: bytes, problem: str = "", status: int = 200
    ) -> Response:
        uri = uri_of(secret, visit.user_id, self.door.pages.server_name)
        picture = segno.make(uri, error="m").svg_inline(border=2, omitsize=True)
        form = Form(
            title="two_steps.title",
            action=TWO_STEPS,
            fields=(CODE,),
            buttons=(Button(label="two_steps.confirm", value="confirm"),),
        )
        return self.door.pages.render(
            visit,
            "two_steps.html",
            status=status,
            title=form.title,
            form=form,
            values={},
            problem=problem,
            picture=picture,
            key=in_fours(text_of(secret)),
        )

    def _show_codes(self, visit: Visit, codes: list[str], cookie: str) -> Response:
        answer = self.door.pages.render(
            visit, "recovery_codes.html", title="two_steps.title", codes=codes
        )
        return self.door.pages.with_cookie(answer, cookie)


def step_form(next: str) -> Form:
    return Form(
        title="second_step.title",
        action=SECOND_STEP,
        fields=(CODE,),
        buttons=(Button(label="sign_in.button"),),
        texts=("second_step.text",),
        hidden={"next": next},
        links=((f"{SIGN_IN}?{urlencode({'next': next})}", "link.switch"),),
    )


def begin_form(*, has_codes: bool) -> Form:
    new_codes = Button(label="two_steps.new_codes", value="codes", is_quiet=True)
    return Form(
        title="two_steps.title",
        action=TWO_STEPS,
        buttons=(
            Button(label="two_steps.begin", value="begin"),
            *((new_codes,) if has_codes else ()),
        ),
        texts=("two_steps.what", "two_steps.apps"),
        links=((ACCOUNT, "link.account"),),
    )


def change_form(codes_left: int) -> Form:
    return Form(
        title="two_steps.title",
        action=TWO_STEPS,
        buttons=(
            Button(label="two_steps.new_codes", value="codes"),
            Button(label="two_steps.remove", value="remove", is_quiet=True),
        ),
        texts=("two_steps.is_on",),
        values={"left": codes_left},
        links=((ACCOUNT, "link.account"),),
    )


def in_fours(text: str) -> str:
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
