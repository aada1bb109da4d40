"""Invitations that members make."""

from attrs import frozen

from homeserver.accounts_web.addresses import ACCOUNT, INVITATIONS
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.forms import Button, Form
from homeserver.accounts_web.visits import Visit
from homeserver.http.response import Response
from homeserver.users.invitations import Invitations, NoMoreInvitations, day_of


@frozen(eq=False)
class InvitationPages:
    door: Door
    _invitations: Invitations

    @page("GET", INVITATIONS)
    async def overview(self, visit: Visit) -> Response:
        return await self._show(visit)

    @page("POST", INVITATIONS, cost="registration")
    async def change(self, visit: Visit) -> Response:
        """The button says which one goes; else a new one comes."""
        try:
            if gone := visit.value("withdraw"):
                await self._invitations.withdraw(visit.user_id, gone)
            else:
                await self._invitations.make(visit.user_id)
        except NoMoreInvitations as error:
            return await self._show(visit, "problem.invitations", error.status)
        return self.door.pages.redirect(INVITATIONS)

    async def _show(self, visit: Visit, problem: str = "", status: int = 200) -> Response:
        rows = [
            {"token": it.token, "link": self._invitations.link(it), "day": day_of(it)}
            for it in await self._invitations.open_ones(visit.user_id)
        ]
        form = Form(
            title="invitation.title",
            action=INVITATIONS,
            buttons=(Button(label="invitation.make"),),
            texts=("invitation.what",),
            links=((ACCOUNT, "link.account"),),
        )
        return self.door.pages.form(
            visit, form, problem, status=status, template="invitations.html", invitations=rows
        )
