"""People make passkeys for their accounts, name them, and take them away."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from attrs import evolve, frozen

from homeserver.accounts_web.addresses import ACCOUNT, PASSKEYS
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.forms import Button, Field, Form
from homeserver.accounts_web.problems import Problem, passkey_problem_of, proof_problem_of
from homeserver.accounts_web.proving import Proving
from homeserver.accounts_web.visits import Visit
from homeserver.errors import MatrixError, NotFound
from homeserver.http.response import Response
from homeserver.json_values import encode
from homeserver.users.passkeys import Passkey, Passkeys
from homeserver.users.second_factors import SecondFactors

NAME = Field(name="name", label="field.passkey", is_needed=False)


@frozen(eq=False)
class PasskeyPages:
    door: Door
    _passkeys: Passkeys
    _second_factors: SecondFactors
    _proving: Proving
    _script_url: str

    @page("GET", PASSKEYS)
    async def ask(self, visit: Visit) -> Response:
        if id := visit.request.text("id"):
            return await self._show_one(visit, id)
        return await self._show_all(visit)

    @page("POST", PASSKEYS, cost="login")
    async def change(self, visit: Visit) -> Response:
        decision = visit.value("decision")
        if decision == "rename":
            await self._passkeys.rename(visit.user_id, id_in(visit), visit.value("name"))
            return self.door.pages.redirect(PASSKEYS)
        if decision == "remove":
            return await self._remove(visit)
        if visit.value("credential"):
            return await self._add(visit)
        if decision == "begin":
            return await self._begin(visit)
        raise Problem("problem.other")

    async def _begin(self, visit: Visit) -> Response:
        """Whoever finds an open browser makes no key to it."""
        try:
            await self._proving.check(visit)
        except MatrixError as error:
            return await self._show_all(visit, proof_problem_of(error), error.status)
        options = await self._passkeys.creation_options(
            visit.user_id, visit.cookie, self.door.pages.server_name
        )
        return self.door.pages.render_with_script(
            visit,
            "passkey.html",
            self._script_url,
            title="passkeys.title",
            text="passkeys.make",
            problem="",
            what="make",
            options=encode(options).decode(),
            action=PASSKEYS,
            hidden={"name": visit.value("name")},
            button="passkeys.button",
            links=((PASSKEYS, "link.back"),),
        )

    async def _add(self, visit: Visit) -> Response:
        """The challenge that was signed is only given to who has proved to be the owner."""
        codes = self._second_factors.new_codes()
        answer, name = visit.value("credential"), visit.value("name")
        try:
            is_first = await self._passkeys.add(visit.user_id, visit.cookie, answer, name, codes)
        except MatrixError as error:
            return await self._show_all(visit, passkey_problem_of(error), error.status)
        if not is_first:
            return self.door.pages.redirect(PASSKEYS)
        cookie = await self.door.browsers.sign_in_by_passkey(visit.user_id, visit.visitor)
        shown = self.door.pages.render(
            visit, "recovery_codes.html", title="passkeys.title", codes=codes
        )
        return self.door.pages.with_cookie(shown, cookie)

    async def _remove(self, visit: Visit) -> Response:
        id = id_in(visit)
        try:
            await self._proving.check(visit)
        except MatrixError as error:
            return await self._show_one(visit, id.hex(), proof_problem_of(error), error.status)
        await self._passkeys.remove(visit.user_id, id)
        return self.door.pages.redirect(PASSKEYS)

    async def _show_all(self, visit: Visit, problem: str = "", status: int = 200) -> Response:
        fields, links = await self._proving.questions(visit, PASSKEYS)
        form = Form(
            title="passkeys.title",
            action=PASSKEYS,
            fields=(NAME, *fields),
            buttons=(Button(label="passkeys.begin", value="begin"),),
            links=(*links, (ACCOUNT, "link.account")),
        )
        found = await self._passkeys.of_user(visit.user_id)
        return self.door.pages.render(
            visit,
            "passkeys.html",
            status=status,
            title=form.title,
            form=form,
            problem=problem,
            values={},
            passkeys=[described(it) for it in found],
        )

    async def _show_one(
        self, visit: Visit, id: str, problem: str = "", status: int = 200
    ) -> Response:
        found = await self._passkeys.of_user(visit.user_id)
        known = next((it for it in found if it.id.hex() == id), None)
        if known is None:
            raise NotFound("You have no such passkey.")
        here = f"{PASSKEYS}?{urlencode({'id': id})}"
        fields, links = await self._proving.questions(visit, here)
        form = Form(
            title="passkeys.title",
            action=PASSKEYS,
            fields=(
                evolve(NAME, value=known.name),
                *(evolve(it, is_needed=False) for it in fields),
            ),
            buttons=(
                Button(label="passkeys.rename", value="rename"),
                Button(label="passkeys.remove", value="remove", is_quiet=True),
            ),
            texts=("passkeys.facts", "passkeys.removing"),
            values=described(known),
            hidden={"id": id},
            links=(*links, (PASSKEYS, "link.back")),
        )
        return self.door.pages.form(visit, form, problem, status=status)


def id_in(visit: Visit) -> bytes:
    try:
        return bytes.fromhex(visit.value("id"))
    except ValueError:
        raise NotFound("You have no such passkey.") from None


def described(it: Passkey) -> dict[str, str]:
    return {
        "name": it.name,
        "made": day_of(it.created_ts),
        "used": day_of(it.used_ts) if it.used_ts else "–",
        "address": f"{PASSKEYS}?{urlencode({'id': it.id.hex()})}",
    }


def day_of(ts: int) -> str:
    return f"{datetime.fromtimestamp(ts / 1000, UTC):%Y-%m-%d}"
