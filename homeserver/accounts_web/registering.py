"""Make an account: at once, by a token or invitation, or with an address that is proved first."""

from urllib.parse import urlencode

from attrs import evolve, frozen

from homeserver.accounts_web.addresses import REGISTER, REGISTER_MAIL, SIGN_IN, onward
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.forms import (
    EMAIL,
    NAME,
    PASSWORD_AGAIN,
    PASSWORD_NOW,
    Button,
    Field,
    Form,
)
from homeserver.accounts_web.problems import Problem, sentence_of
from homeserver.accounts_web.single_sign_on import provider_links
from homeserver.accounts_web.visits import Visit
from homeserver.config.accounts import Policy
from homeserver.errors import LimitExceeded, MatrixError
from homeserver.http.response import Response
from homeserver.json_values import JsonValue
from homeserver.users.interactive_auth import Flows
from homeserver.users.mail_proofs import REGISTER as TO_REGISTER
from homeserver.users.mail_proofs import MailProofs, Question
from homeserver.users.registration import NewUser, Registration, RegistrationClosed
from homeserver.users.registration_mail import RegistrationMail
from homeserver.users.sso.visits import SsoVisits
from homeserver.users.stages import DUMMY, REGISTRATION_TOKEN, TERMS
from homeserver.users.stages import EMAIL as BY_MAIL


@frozen(eq=False)
class RegisterPages:
    door: Door
    _registration: Registration
    _policies: tuple[Policy, ...]
    _mail: RegistrationMail | None
    _providers: SsoVisits | None

    @page("GET", REGISTER, members=False)
    async def ask(self, visit: Visit) -> Response:
        asked = visit.request
        next, link = onward(asked.text("next")), asked.text("proof")
        flows = await open_flows(self._registration)
        has_token = bool(asked.text("token") or asked.text("invitation"))
        if not link and not has_token and any(BY_MAIL in flow for flow in flows):
            return self.door.pages.form(visit, mail_form(next, flows))
        if link and self._mail is not None:
            if await self._mail.address_of(link) is None:
                raise Problem("problem.link", status=404)
            next = onward(await self._mail.next_of(link))
        form = self._form(visit, flows, next, link)
        return self.door.pages.form(visit, form)

    @page("POST", REGISTER, cost="registration", members=False)
    async def register(self, visit: Visit) -> Response:
        next = onward(visit.value("next"))
        try:
            user_id = await self._register(visit)
        except LimitExceeded:
            raise
        except MatrixError as error:
            flows = await open_flows(self._registration)
            form = self._form(visit, flows, next, visit.value("proof"))
            return self.door.pages.form(visit, form, sentence_of(error), status=error.status)
        return await self.door.let_in(visit, user_id, next, has_all=False)

    async def _register(self, visit: Visit) -> str:
        if visit.value("password") != visit.value("repeated"):
            raise Problem("problem.not_repeated")
        completed: dict[str, JsonValue] = {DUMMY: True}
        if token := visit.value("token").strip():
            completed[REGISTRATION_TOKEN] = token
        if visit.value("agreed"):
            completed[TERMS] = {policy.id: policy.version for policy in self._policies}
        if link := visit.value("proof"):
            completed[BY_MAIL] = True
        new = NewUser(
            username=visit.value("username").strip(),
            password=visit.value("password"),
            mail_link=link,
        )
        return (await self._registration.register_with(new, completed)).user_id

    def _form(self, visit: Visit, flows: Flows, next: str, link: str) -> Form:
        fields = [
            evolve(NAME, value=visit.value("username"), hint="hint.username"),
            evolve(PASSWORD_NOW, autocomplete="new-password"),
            PASSWORD_AGAIN,
        ]
        if not link and any(REGISTRATION_TOKEN in flow for flow in flows):
            is_needed = all(REGISTRATION_TOKEN in flow for flow in flows)
            given = visit.request.text("invitation") or visit.value("token")
            fields.append(
                Field(name="token", label="field.token", value=given, is_needed=is_needed)
            )
        if self._policies:
            fields.append(Field(name="agreed", label="field.agreed", kind="checkbox"))
        return Form(
            title="register.title",
            action=REGISTER,
            fields=tuple(fields),
            buttons=(Button(label="register.button"),),
            ways=() if link else provider_links(self._providers, next),
            hidden={"next": next, **({"proof": link} if link else {})},
            links=(
                *((policy.url, policy.name) for policy in self._policies),
                (f"{SIGN_IN}?{urlencode({'next': next})}", "link.sign_in"),
            ),
        )


@frozen(eq=False)
class RegisterMailPages:
    """The address comes first; the link in the letter leads to all the rest."""

    door: Door
    _proofs: MailProofs
    _registration: Registration

    @page("POST", REGISTER_MAIL, cost="mail_proof", members=False)
    async def ask(self, visit: Visit) -> Response:
        flows = await open_flows(self._registration)
        if not any(BY_MAIL in flow for flow in flows):
            raise Problem("problem.refused", status=403)
        next = onward(visit.value("next"))
        question = Question(
            purpose=TO_REGISTER,
            address=visit.value("email"),
            language=visit.language,
            next_link=next,
        )
        try:
            await self._proofs.ask(question)
        except LimitExceeded:
            raise
        except MatrixError:
            form = mail_form(next, flows)
            return self.door.pages.form(visit, form, "problem.address", status=400)
        return self.door.pages.notice(visit, "register.title", "mail.sent")


async def open_flows(registration: Registration) -> Flows:
    try:
        return await registration.flows()
    except RegistrationClosed:
        raise Problem("problem.closed", status=403) from None


def mail_form(next: str, flows: Flows) -> Form:
    query = urlencode({"next": next})
    by_token = ((f"{REGISTER}?{query}&token=1", "link.token"),)
    has_token = any(REGISTRATION_TOKEN in flow for flow in flows)
    return Form(
        title="register.title",
        action=REGISTER_MAIL,
        fields=(EMAIL,),
        buttons=(Button(label="button.continue"),),
        texts=("register.mail",),
        hidden={"next": next},
        links=(*(by_token if has_token else ()), (f"{SIGN_IN}?{query}", "link.sign_in")),
    )
