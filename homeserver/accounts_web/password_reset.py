"""A new password for who has forgotten the old one. Nobody learns here who has an account."""

from attrs import frozen

from homeserver.accounts_web.addresses import FORGOTTEN, RESET, SIGN_IN
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.forms import (
    CODE,
    EMAIL,
    PASSWORD_AGAIN,
    PASSWORD_NEW,
    Button,
    Field,
    Form,
)
from homeserver.accounts_web.problems import Problem, sentence_of
from homeserver.accounts_web.visits import Visit
from homeserver.errors import LimitExceeded, MatrixError
from homeserver.http.response import Response
from homeserver.users.mail_proofs import RESET as TO_RESET
from homeserver.users.mail_proofs import MailProofs, NotProved, Question
from homeserver.users.password_reset import PasswordReset
from homeserver.users.second_factors import SecondFactors, WrongCode


@frozen(eq=False)
class ResetPages:
    door: Door
    _proofs: MailProofs
    _reset: PasswordReset
    _second_factors: SecondFactors

    @page("GET", FORGOTTEN, members=False)
    async def ask(self, visit: Visit) -> Response:
        return self.door.pages.form(visit, forgotten_form())

    @page("POST", FORGOTTEN, cost="mail_proof", members=False)
    async def send(self, visit: Visit) -> Response:
        question = Question(purpose=TO_RESET, address=visit.value("email"), language=visit.language)
        try:
            await self._proofs.ask(question)
        except LimitExceeded:
            raise
        except MatrixError:
            return self.door.pages.form(visit, forgotten_form(), "problem.address", status=400)
        return self.door.pages.notice(visit, "forgotten.title", "forgotten.sent")

    @page("GET", RESET, members=False)
    async def ask_for_password(self, visit: Visit) -> Response:
        link = visit.request.text("proof")
        return self.door.pages.form(visit, await self._form(link))

    @page("POST", RESET, cost="login", members=False)
    async def set_password(self, visit: Visit) -> Response:
        link, new = visit.value("proof"), visit.value("new_password")
        form = await self._form(link)
        try:
            if new != visit.value("repeated"):
                raise Problem("problem.not_repeated")
            await self._reset.check(new)
            await self._check_code(visit, link)
            log_out = bool(visit.value("log_out"))
            await self._reset.reset(link, new, visit.language, log_out=log_out)
        except NotProved:
            raise Problem("problem.link", status=404) from None
        except MatrixError as error:
            problem = "problem.code_wrong" if isinstance(error, WrongCode) else sentence_of(error)
            return self.door.pages.form(visit, form, problem, status=error.status)
        return self.door.pages.redirect(SIGN_IN)

    async def _check_code(self, visit: Visit, link: str) -> None:
        """The letter is one step; who has two takes the other here."""
        user_id = await self._reset.user_of(link)
        if user_id is not None and await self._second_factors.is_on(user_id):
            await self._second_factors.check(user_id, visit.value("code"), visit.place)

    async def _form(self, link: str) -> Form:
        user_id = await self._reset.user_of(link)
        if user_id is None:
            raise Problem("problem.link", status=404)
        has_more = await self._second_factors.is_on(user_id)
        log_out = Field(name="log_out", label="field.log_out", kind="checkbox", is_needed=False)
        return Form(
            title="reset.title",
            action=RESET,
            fields=(PASSWORD_NEW, PASSWORD_AGAIN, *((CODE,) if has_more else ()), log_out),
            buttons=(Button(label="password.button"),),
            texts=("reset.whose",),
            values={"user_id": user_id},
            hidden={"proof": link},
        )


def forgotten_form() -> Form:
    return Form(
        title="forgotten.title",
        action=FORGOTTEN,
        fields=(EMAIL,),
        buttons=(Button(label="button.continue"),),
        texts=("forgotten.text",),
        links=((SIGN_IN, "link.sign_in"),),
    )
