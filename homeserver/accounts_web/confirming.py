"""What an app wants to do is confirmed here, by who has just shown who they are.

Spec: Client-Server API, "SSO during User-Interactive Authentication" and "Fallback".
"""

import re
from urllib.parse import unquote, urlencode

from attrs import evolve, frozen

from homeserver.accounts_web.addresses import ACCOUNT, CONFIRM, CONFIRM_SCRIPT, SIGN_IN, SSO_START
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.forms import Button, Form
from homeserver.accounts_web.problems import Problem, proof_problem_of
from homeserver.accounts_web.proving import Proving
from homeserver.accounts_web.visits import Visit
from homeserver.devices.devices import Devices
from homeserver.errors import MatrixError, NotFound
from homeserver.http.request import Request
from homeserver.http.response import Response
from homeserver.http.routing import Access, route
from homeserver.users.confirmations import Confirmations, OfSomebodyElse, Wish
from homeserver.users.sso.external_accounts import ExternalAccounts
from homeserver.users.sso.visits import SsoVisits

SENTENCES = {
    "login/get_token": "confirm.device",
    "account/password": "confirm.password",
    "account/deactivate": "confirm.deactivate",
    "account/3pid/add": "confirm.address",
    "keys/device_signing/upload": "confirm.keys",
}
OPERATION = re.compile(r"[A-Z]+ /_matrix/client/[^/]+/(.+)")
MAX_NAMED = 20


@frozen(eq=False)
class Ways:
    """Where people show who they are, once more."""

    proving: Proving
    accounts: ExternalAccounts
    visits: SsoVisits | None

    async def links(self, user_id: str, here: str) -> tuple[tuple[str, str], ...]:
        """To the providers that open this account."""
        if self.visits is None:
            return ()
        known = {it.provider for it in await self.accounts.of_user(user_id)}
        query = {"next": here, "again": "1"}
        return tuple(
            (f"{SSO_START}?{urlencode({'provider': id, **query})}", provider.settings.name)
            for id, provider in self.visits.providers.items()
            if id in known
        )


@frozen(eq=False)
class ConfirmPages:
    door: Door
    _confirmations: Confirmations
    _devices: Devices
    _ways: Ways
    _script_url: str

    @page("GET", CONFIRM)
    async def ask(self, visit: Visit) -> Response:
        session = visit.request.text("session")
        return await self._show(visit, session, await self._wish(visit, session))

    @page("POST", CONFIRM, cost="login")
    async def agree(self, visit: Visit) -> Response:
        session = visit.value("session")
        wish = await self._wish(visit, session)
        try:
            if not is_fresh(visit, wish):
                await self._ways.proving.check(from_before(visit))
        except MatrixError as error:
            return await self._show(visit, session, wish, proof_problem_of(error), error.status)
        still = self.door.browsers.still(visit.cookie)
        try:
            await self._confirmations.agree(session, visit.user_id, visit.value("wish"), still)
        except NotFound:
            raise Problem("problem.wish", status=404) from None
        return self.door.pages.opened_by_app(
            visit, "confirmed.html", script=self._script_url, title="confirm.title"
        )

    @route("GET", CONFIRM_SCRIPT, access=Access.PUBLIC)
    async def script(self, request: Request) -> Response:
        return self.door.pages.script_file("confirmed.js")

    async def _wish(self, visit: Visit, session: str) -> Wish:
        try:
            return await self._confirmations.wish(session, visit.user_id)
        except NotFound:
            raise Problem("problem.wish", status=404) from None
        except OfSomebodyElse:
            raise Problem("problem.wish_of_another", status=403) from None

    async def _show(
        self, visit: Visit, session: str, wish: Wish, problem: str = "", status: int = 200
    ) -> Response:
        here = f"{CONFIRM}?{urlencode({'session': session})}"
        form = await self._form(visit, wish)
        form = evolve(form, hidden={"session": session, "wish": wish.digest})
        if not is_fresh(visit, wish):
            fields, links = await self._ways.proving.questions(from_before(visit), here)
            ways = await self._ways.links(visit.user_id, here)
            again = f"{SIGN_IN}?{urlencode({'next': here, 'switch': '1'})}"
            form = evolve(
                form,
                fields=fields,
                buttons=form.buttons if fields else (),
                texts=(*form.texts, "confirm.prove"),
                ways=ways,
                links=(*links, (again, "link.sign_in_again"), *form.links),
            )
        return self.door.pages.opened_by_app(
            visit,
            "form.html",
            status=status,
            title=form.title,
            form=form,
            problem=problem,
            values=form.values,
        )

    async def _form(self, visit: Visit, wish: Wish) -> Form:
        """What is to be confirmed, in words."""
        ids = devices_in(wish)
        other = "confirm.other" if ids is None else "confirm.devices"
        sentence = SENTENCES.get(last_of(wish), other)
        names = await self._names_of(visit.user_id, ids or set())
        texts = [sentence]
        if sentence == "confirm.deactivate":
            texts.append("deactivate.warning")
            if wish.body.get("erase") is True:
                texts.append("confirm.erase")
        return Form(
            title="confirm.title",
            action=CONFIRM,
            buttons=(Button(label="confirm.button"),),
            texts=(*texts, "confirm.warning"),
            values={"user_id": visit.user_id, "names": ", ".join(names) or "–"},
            links=((ACCOUNT, "link.not_me"),),
        )

    async def _names_of(self, user_id: str, ids: set[str]) -> list[str]:
        found = [it for it in await self._devices.of_user(user_id) if it.device_id in ids]
        names = [
            f"{it.display_name} ({it.device_id})" if it.display_name else it.device_id
            for it in found
        ]
        return [*names[:MAX_NAMED], *(["…"] if len(names) > MAX_NAMED else [])]


def last_of(wish: Wish) -> str:
    found = OPERATION.fullmatch(wish.operation)
    return found[1] if found else ""


def devices_in(wish: Wish) -> set[str] | None:
    """Those that are to be signed out; None where something else is asked for."""
    what = last_of(wish)
    if what == "delete_devices":
        ids = wish.body.get("devices")
        return {it for it in ids if isinstance(it, str)} if isinstance(ids, list) else set()
    return {unquote(what.removeprefix("devices/"))} if what.startswith("devices/") else None


def is_fresh(visit: Visit, wish: Wish) -> bool:
    """Whether somebody has signed in here, by all steps, since the app asked."""
    member = visit.member
    return member is not None and member.has_just_come and member.came_ts > wish.begun_ts


def from_before(visit: Visit) -> Visit:
    """What was shown before the app asked counts for nothing."""
    assert visit.signed_in is not None
    signed_in = evolve(visit.signed_in, has_just_come=False, has_just_shown_passkey=False)
    return evolve(visit, signed_in=signed_in)
