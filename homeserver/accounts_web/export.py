"""People take along what is kept about them."""

from datetime import UTC, datetime

from attrs import frozen

from homeserver.accounts_web.addresses import ACCOUNT, EXPORT
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.forms import Button, Form
from homeserver.accounts_web.problems import Problem, proof_problem_of
from homeserver.accounts_web.proving import Proving
from homeserver.accounts_web.visits import Visit
from homeserver.errors import MatrixError
from homeserver.http.response import Response
from homeserver.users.exports import Exports, Ready

MEBI = 1024 * 1024


@frozen(eq=False)
class ExportPages:
    door: Door
    _exports: Exports
    _proving: Proving

    @page("GET", EXPORT)
    async def ask(self, visit: Visit) -> Response:
        return await self._show(visit)

    @page("POST", EXPORT, cost="login")
    async def decide(self, visit: Visit) -> Response:
        decision = visit.value("decision")
        if decision not in ("begin", "fetch"):
            raise Problem("problem.other")
        try:
            await self._proving.check(visit)
        except MatrixError as error:
            return await self._show(visit, proof_problem_of(error), error.status)
        ready = await self._exports.newest(visit.user_id)
        if decision == "fetch" and ready is not None:
            return await self._exports.fetch(visit.user_id, ready.id)
        if not await self._exports.is_under_way(visit.user_id):
            await self._exports.begin(visit.user_id)
        return self.door.pages.redirect(EXPORT)

    async def _show(self, visit: Visit, problem: str = "", status: int = 200) -> Response:
        if await self._exports.is_under_way(visit.user_id):
            return self.door.pages.form(visit, waiting_form())
        ready = await self._exports.newest(visit.user_id)
        fields, links = await self._proving.questions(visit, EXPORT)
        begin = Button(label="export.begin", value="begin", is_quiet=ready is not None)
        form = Form(
            title="export.title",
            action=EXPORT,
            fields=fields,
            buttons=(Button(label="export.fetch", value="fetch"), begin) if ready else (begin,),
            texts=("export.what", "export.ready") if ready else ("export.what",),
            values=described(ready) if ready else {},
            links=(*links, (ACCOUNT, "link.account")),
        )
        return self.door.pages.form(visit, form, problem, status=status)


def waiting_form() -> Form:
    """Sent again it looks anew."""
    return Form(
        title="export.title",
        action=EXPORT,
        buttons=(),
        texts=("export.under_way",),
        links=((EXPORT, "link.look_again"), (ACCOUNT, "link.account")),
    )


def described(ready: Ready) -> dict[str, object]:
    until = datetime.fromtimestamp(ready.expires_ts / 1000, UTC)
    return {"size": f"{ready.size / MEBI:.1f}", "until": f"{until:%Y-%m-%d %H:%M} UTC"}
