"""Sign in through a provider, make an account for who comes from there, and connect the two."""

from urllib.parse import urlencode

from attrs import evolve, frozen

from homeserver.accounts_web.addresses import (
    ACCOUNT,
    SIGN_IN,
    SSO,
    SSO_CALLBACK,
    SSO_REGISTER,
    SSO_START,
    onward,
)
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.forms import NAME, Button, Field, Form
from homeserver.accounts_web.problems import Problem, proof_problem_of, sentence_of
from homeserver.accounts_web.proving import Proving
from homeserver.accounts_web.visits import Visit
from homeserver.config.accounts import Policy
from homeserver.errors import Forbidden, MatrixError
from homeserver.http.response import Response
from homeserver.json_values import JsonObject
from homeserver.users.browsers import Came
from homeserver.users.sso.external_accounts import ExternalAccounts, KnownElsewhere
from homeserver.users.sso.visits import Arrived, NotLetIn, SomebodyElse, SsoVisits


@frozen(eq=False)
class SsoPages:
    door: Door
    _visits: SsoVisits
    _policies: tuple[Policy, ...]

    @page("GET", SSO_START, members=False)
    async def start(self, visit: Visit) -> Response:
        """To the provider; the cookie says later that it is the same browser."""
        next = onward(visit.request.text("next"))
        # With `again` somebody who is signed in shows once more who they are.
        proves = visit.member is not None and bool(visit.request.text("again"))
        user_id = visit.user_id if proves else ""
        provider = visit.request.text("provider")
        url = await self._visits.begin(provider, visit.cookie, next, user_id, proves=proves)
        return self.door.pages.redirect(url, visit.cookie)

    @page("GET", SSO_CALLBACK + "/{provider}", cost="login", members=False)
    async def arrive(self, visit: Visit, provider: str) -> Response:
        answer = {name: it[0] for name, it in visit.request.parameters.items() if len(it) == 1}
        try:
            state = answer.get("state", "")
            arrived = await self._visits.arrive(provider, visit.cookie, state, answer)
        except KnownElsewhere:
            raise Problem("problem.sso_taken", status=403) from None
        except SomebodyElse:
            raise Problem("problem.sso_somebody_else", status=403) from None
        except NotLetIn:
            raise Problem("problem.sso", status=403) from None
        if arrived.is_connected:
            return self._connected(visit, arrived)
        if arrived.user_id:
            return await self._let_in(visit, arrived)
        return self.door.pages.redirect(f"{SSO_REGISTER}?{urlencode({'state': arrived.state})}")

    @page("GET", SSO_REGISTER, members=False)
    async def ask(self, visit: Visit) -> Response:
        state = visit.request.text("state")
        return self.door.pages.form(visit, await self._form(visit, state))

    @page("POST", SSO_REGISTER, cost="registration", members=False)
    async def register(self, visit: Visit) -> Response:
        state, username = visit.value("state"), visit.value("username").strip()
        agreed: JsonObject = {}
        form = await self._form(visit, state)
        try:
            if self._policies:
                if not visit.value("agreed"):
                    raise Problem("problem.refused", status=403)
                agreed = {policy.id: policy.version for policy in self._policies}
            arrived = await self._visits.register(visit.cookie, state, username, agreed)
        except NotLetIn:
            raise Problem("problem.sso", status=403) from None
        except MatrixError as error:
            return self.door.pages.form(visit, form, sentence_of(error), status=error.status)
        return await self._let_in(visit, arrived)

    async def _let_in(self, visit: Visit, arrived: Arrived) -> Response:
        settings = self._visits.provider(arrived.identity.provider).settings
        return await self.door.let_in(
            visit,
            arrived.user_id,
            onward(arrived.next),
            has_all=settings.trusts_second_factor,
            came=Came(settings.id, arrived.sid),
        )

    def _connected(self, visit: Visit, arrived: Arrived) -> Response:
        if visit.member is None or visit.user_id != arrived.user_id:
            raise Problem("problem.sso", status=403)
        return self.door.pages.redirect(SSO)

    async def _form(self, visit: Visit, state: str) -> Form:
        try:
            arrived = await self._visits.new_face(visit.cookie, state)
        except NotLetIn:
            raise Problem("problem.sso", status=403) from None
        identity = arrived.identity
        settings = self._visits.provider(identity.provider).settings
        named = visit.value("username") or identity.username
        fields = [evolve(NAME, value=named, hint="hint.username")]
        if self._policies:
            fields.append(Field(name="agreed", label="field.agreed", kind="checkbox"))
        return Form(
            title="register.title",
            action=SSO_REGISTER,
            fields=tuple(fields),
            buttons=(Button(label="register.button"),),
            texts=("sso.new",),
            values={"provider": settings.name},
            hidden={"state": state},
            links=(
                *((policy.url, policy.name) for policy in self._policies),
                (f"{SIGN_IN}?{urlencode({'next': SSO})}", "link.sign_in_to_connect"),
            ),
        )


@frozen(eq=False)
class ConnectionPages:
    """Who somebody is elsewhere. It opens the account, so an open browser is not enough."""

    door: Door
    _visits: SsoVisits
    _accounts: ExternalAccounts
    _proving: Proving

    @page("GET", SSO)
    async def overview(self, visit: Visit) -> Response:
        return await self._show(visit)

    @page("POST", SSO, cost="login")
    async def change(self, visit: Visit) -> Response:
        decision, _, provider = visit.value("decision").partition(":")
        try:
            await self._proving.check(visit)
            if decision == "disconnect":
                await self._accounts.disconnect(visit.user_id, provider)
                return self.door.pages.redirect(SSO)
            url = await self._visits.begin(provider, visit.cookie, SSO, visit.user_id)
        except NotLetIn:
            return await self._show(visit, "problem.sso", 403)
        except MatrixError as error:
            return await self._show(visit, problem_of(error, decision), error.status)
        return self.door.pages.redirect(url)

    async def _show(self, visit: Visit, problem: str = "", status: int = 200) -> Response:
        known = {it.provider for it in await self._accounts.of_user(visit.user_id)}
        buttons = tuple(
            Button(
                label="sso.disconnect" if id in known else "sso.connect",
                value=f"{'disconnect' if id in known else 'connect'}:{id}",
                is_quiet=id in known,
                gap=provider.settings.name,
            )
            for id, provider in self._visits.providers.items()
        )
        fields, links = await self._proving.questions(visit, SSO)
        form = Form(
            title="sso.title",
            action=SSO,
            fields=fields,
            buttons=buttons,
            texts=("sso.what",),
            sends_to=" ".join(await self._visits.origins()),
            links=(*links, (ACCOUNT, "link.account")),
        )
        return self.door.pages.form(visit, form, problem, status=status)


def provider_links(visits: SsoVisits | None, next: str) -> tuple[tuple[str, str], ...]:
    """Address and name of each way in, for the pages where people sign in or register."""
    found = visits.providers.items() if visits is not None else ()
    return tuple(
        (f"{SSO_START}?{urlencode({'provider': id, 'next': next})}", it.settings.name)
        for id, it in found
    )


def problem_of(error: MatrixError, decision: str) -> str:
    if decision == "disconnect" and type(error) is Forbidden and "nothing else" in error.message:
        return "problem.only_way"
    return proof_problem_of(error)
