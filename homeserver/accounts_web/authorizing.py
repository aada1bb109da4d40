"""An app wants in, and the user is asked.

Spec: Client-Server API, "Authorisation code flow" and "Device authorisation flow".
"""

from urllib.parse import parse_qs, urlencode, urlsplit

from attrs import frozen

from homeserver.accounts_web.addresses import AUTHORIZE, LINK, REGISTER, SIGN_IN
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.forms import Button, Field, Form
from homeserver.accounts_web.problems import Problem
from homeserver.accounts_web.visits import Visit
from homeserver.http.request import MAX_PARAMETERS
from homeserver.http.response import Response
from homeserver.users.oauth.authorization import Authorization, ToldToApp
from homeserver.users.oauth.clients import Client
from homeserver.users.oauth.device_grants import DeviceGrants, Waiting
from homeserver.users.oauth.redirects import source_of

BUTTONS = (
    Button(label="consent.allow"),
    Button(label="consent.deny", value="no", is_quiet=True),
)


@frozen(eq=False)
class ConsentPages:
    door: Door
    _authorization: Authorization

    @page("GET", AUTHORIZE, members=False)
    async def ask(self, visit: Visit) -> Response:
        query = visit.request.query
        try:
            wish = await self._authorization.read(visit.request.parameters)
        except ToldToApp as told:
            return self.door.pages.redirect(told.url)
        if visit.member is None:
            where = REGISTER if wish.prompt == "create" else SIGN_IN
            there = urlencode({"next": f"{AUTHORIZE}?{query}"})
            return self.door.pages.redirect(f"{where}?{there}")
        form = Form(
            title="consent.title",
            action=AUTHORIZE,
            buttons=BUTTONS,
            texts=("consent.asks", "consent.access", "consent.device", "consent.returns"),
            values={
                **told_of(wish.client, visit.user_id, wish.scope.device_id),
                "place": place_of(wish.redirect_uri),
            },
            hidden={"query": query},
            links=((switch_url(query), "link.switch"),),
            sends_to=source_of(wish.redirect_uri),
        )
        return self.door.pages.form(visit, form)

    @page("POST", AUTHORIZE)
    async def decide(self, visit: Visit) -> Response:
        try:
            parameters = parse_qs(
                visit.value("query"), errors="strict", max_num_fields=MAX_PARAMETERS
            )
            wish = await self._authorization.read(parameters)
        except ValueError:
            raise Problem("problem.app") from None
        except ToldToApp as told:
            return self.door.pages.redirect(told.url)
        if visit.value("decision") != "yes":
            return self.door.pages.redirect(wish.answers.url(error="access_denied"))
        still = self.door.browsers.still(visit.cookie)
        return self.door.pages.redirect(await self._authorization.agree(wish, visit.user_id, still))


@frozen(eq=False)
class LinkPages:
    door: Door
    _device_grants: DeviceGrants

    @page("GET", LINK)
    async def ask(self, visit: Visit) -> Response:
        if code := visit.request.text("user_code"):
            return await self._ask_about(visit, code)
        return self.door.pages.form(visit, code_form())

    @page("POST", LINK)
    async def decide(self, visit: Visit) -> Response:
        code, decision = visit.value("user_code"), visit.value("decision")
        if decision not in ("yes", "no"):
            return await self._ask_about(visit, code)
        waiting = await self._find(visit, code)
        agrees = decision == "yes"
        user_id, still = visit.user_id if agrees else None, self.door.browsers.still(visit.cookie)
        if not await self._device_grants.decide(waiting, user_id, still):
            raise Problem("problem.code")
        done = "link.done" if agrees else "link.denied"
        return self.door.pages.notice(visit, "link.title", done)

    async def _ask_about(self, visit: Visit, code: str) -> Response:
        waiting = await self._device_grants.find(code, visit.user_id)
        if waiting is None:
            return self.door.pages.form(visit, code_form(), "problem.code", status=404)
        form = Form(
            title="consent.title",
            action=LINK,
            buttons=BUTTONS,
            texts=("consent.asks", "consent.access", "consent.device", "link.warning"),
            values=told_of(waiting.client, visit.user_id, waiting.scope.device_id),
            hidden={"user_code": code},
        )
        return self.door.pages.form(visit, form)

    async def _find(self, visit: Visit, code: str) -> Waiting:
        waiting = await self._device_grants.find(code, visit.user_id)
        if waiting is None:
            raise Problem("problem.code", status=404)
        return waiting


def code_form() -> Form:
    return Form(
        title="link.title",
        action=LINK,
        fields=(Field(name="user_code", label="field.user_code", hint="hint.user_code"),),
        buttons=(Button(label="button.continue", value="find"),),
    )


def told_of(client: Client, user_id: str, device_id: str) -> dict[str, object]:
    return {"app": client.name, "host": client.host, "user_id": user_id, "device_id": device_id}


def place_of(redirect_uri: str) -> str:
    parts = urlsplit(redirect_uri)
    return parts.hostname or f"{parts.scheme}:"


def switch_url(query: str) -> str:
    return f"{SIGN_IN}?{urlencode({'next': f'{AUTHORIZE}?{query}', 'switch': '1'})}"
