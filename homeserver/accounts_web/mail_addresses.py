"""The addresses of an account: added once they are proved, and taken away."""

from urllib.parse import urlencode, urlsplit

from attrs import frozen

from homeserver.accounts_web.addresses import ACCOUNT, MAIL, MAIL_CONFIRM, MAIL_PROOF, MAIL_REMOVE
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.forms import EMAIL, Button, Field, Form
from homeserver.accounts_web.problems import Problem, sentence_of
from homeserver.accounts_web.proving import Proving
from homeserver.accounts_web.visits import Visit
from homeserver.errors import Forbidden, InvalidParam, MatrixError
from homeserver.http.response import Response
from homeserver.users.adding_mail import AddingMail
from homeserver.users.mail_addresses import AddressInUse, MailAddresses
from homeserver.users.mail_proofs import ADD, REGISTER, RESET, MailProofs, NotProved, Question

PROOF_TEXTS = {ADD: "proof.add", REGISTER: "proof.register", RESET: "proof.reset"}


@frozen(eq=False)
class MailPages:
    """An open browser is not enough: who owns the address can set a new password."""

    door: Door
    _addresses: MailAddresses
    _adding: AddingMail
    _proofs: MailProofs
    _proving: Proving

    @page("GET", MAIL)
    async def overview(self, visit: Visit) -> Response:
        return await self._show(visit)

    @page("POST", MAIL, cost="mail_proof")
    async def add(self, visit: Visit) -> Response:
        question = Question(
            purpose=ADD,
            address=visit.value("email"),
            language=visit.language,
            user_id=visit.user_id,
        )
        try:
            await self._proving.check_first(visit)
            await self._proofs.ask(question)
        except MatrixError as error:
            return await self._show(visit, problem_of(error), error.status)
        return self.door.pages.notice(visit, "mail.title", "mail.sent")

    @page("GET", MAIL_REMOVE)
    async def ask_to_remove(self, visit: Visit) -> Response:
        return self.door.pages.form(
            visit,
            remove_form(visit.request.text("address"), await self._proving.first_questions(visit)),
        )

    @page("POST", MAIL_REMOVE, cost="login")
    async def remove(self, visit: Visit) -> Response:
        address = visit.value("address")
        try:
            await self._proving.check_first(visit)
            await self._addresses.remove(visit.user_id, address, visit.language)
        except MatrixError as error:
            form = remove_form(address, await self._proving.first_questions(visit))
            return self.door.pages.form(visit, form, problem_of(error), status=error.status)
        return self.door.pages.redirect(MAIL)

    @page("GET", MAIL_CONFIRM, members=False)
    async def ask_to_confirm(self, visit: Visit) -> Response:
        link = visit.request.text("proof")
        proof = await self._adding.find(link)
        if proof is None:
            raise Problem("problem.link", status=404)
        form = Form(
            title="mail.title",
            action=MAIL_CONFIRM,
            buttons=(Button(label="mail.confirm"),),
            texts=("mail.asks",),
            values={"address": proof.address, "user_id": proof.user_id},
            hidden={"proof": link},
        )
        return self.door.pages.form(visit, form)

    @page("POST", MAIL_CONFIRM, cost="login", members=False)
    async def confirm(self, visit: Visit) -> Response:
        try:
            await self._adding.by_link(visit.value("proof"), visit.language)
        except NotProved:
            raise Problem("problem.link", status=404) from None
        return self.door.pages.notice(visit, "mail.title", "mail.done")

    async def _show(self, visit: Visit, problem: str = "", status: int = 200) -> Response:
        found = await self._addresses.of_user(visit.user_id)
        rows = [
            {"name": it.address, "address": f"{MAIL_REMOVE}?{urlencode({'address': it.address})}"}
            for it in found
        ]
        form = Form(
            title="mail.title",
            action=MAIL,
            fields=(EMAIL, *await self._proving.first_questions(visit)),
            buttons=(Button(label="mail.add"),),
            texts=("mail.what",),
            links=((ACCOUNT, "link.account"),),
        )
        return self.door.pages.form(
            visit, form, problem, status=status, template="mail.html", addresses=rows
        )


@frozen(eq=False)
class ProofPages:
    """Where letters lead that an app has asked for."""

    door: Door
    _proofs: MailProofs

    @page("GET", MAIL_PROOF, members=False)
    async def ask(self, visit: Visit) -> Response:
        """A look changes nothing: mail programs look at links by themselves."""
        link = visit.request.text("proof")
        proof = await self._proofs.find(link)
        if proof is None or not proof.secret:
            raise Problem("problem.link", status=404)
        form = Form(
            title="proof.title",
            action=MAIL_PROOF,
            buttons=(Button(label="proof.button"),),
            texts=(PROOF_TEXTS[proof.purpose],),
            values={"address": proof.address, "user_id": proof.user_id},
            hidden={"proof": link},
        )
        return self.door.pages.form(visit, form)

    @page("POST", MAIL_PROOF, cost="login", members=False)
    async def confirm(self, visit: Visit) -> Response:
        proof = await self._proofs.follow(visit.value("proof"))
        if proof is None:
            raise Problem("problem.link", status=404)
        # Whoever asked for the letter chose this address: nobody is led there unasked.
        place = urlsplit(proof.next_link).hostname
        links = ((proof.next_link, place),) if place else ()
        form = Form(title="proof.title", action="", buttons=(), texts=("proof.done",), links=links)
        return self.door.pages.form(visit, form)


def remove_form(address: str, proof: tuple[Field, ...]) -> Form:
    return Form(
        title="mail.remove_title",
        action=MAIL_REMOVE,
        fields=proof,
        buttons=(Button(label="mail.remove"),),
        texts=("mail.removes",),
        values={"address": address},
        hidden={"address": address},
        links=((MAIL, "link.back"),),
    )


def problem_of(error: MatrixError) -> str:
    if isinstance(error, AddressInUse):
        return "problem.address_taken"
    if isinstance(error, InvalidParam):
        return "problem.address"
    return "problem.password_wrong" if isinstance(error, Forbidden) else sentence_of(error)
