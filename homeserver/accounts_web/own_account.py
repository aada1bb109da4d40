"""What people do with their own accounts. Spec: Client-Server API, "Account management"."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from attrs import evolve, frozen

from homeserver.accounts_web.addresses import (
    ACCOUNT,
    CROSS_SIGNING,
    DEACTIVATE,
    DEVICE,
    PASSWORD,
)
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.forms import (
    PASSWORD_AGAIN,
    PASSWORD_NEW,
    Button,
    Field,
    Form,
)
from homeserver.accounts_web.problems import Problem, sentence_of
from homeserver.accounts_web.proving import Proving
from homeserver.accounts_web.visits import Visit
from homeserver.devices.devices import Device, Devices
from homeserver.errors import Forbidden, MatrixError
from homeserver.http.response import Response
from homeserver.users.account_changes import Deactivation, PasswordChange
from homeserver.users.approvals import Approvals

DEVICE_ACTIONS = frozenset(
    {
        "org.matrix.device_view",
        "org.matrix.device_delete",
        # Names that these had before (MSC4191).
        "org.matrix.session_view",
        "org.matrix.session_end",
    }
)
PAGES_OF_ACTIONS = {
    "org.matrix.account_deactivate": DEACTIVATE,
    "org.matrix.cross_signing_reset": CROSS_SIGNING,
}
BACK = (ACCOUNT, "link.account")


@frozen
class More:
    """What there is besides on this server."""

    mail: bool
    invitations: bool
    providers: bool


@frozen(eq=False)
class DevicePages:
    door: Door
    _devices: Devices
    _more: More

    @page("GET", ACCOUNT)
    async def overview(self, visit: Visit) -> Response:
        action = visit.request.text("action")
        if action in DEVICE_ACTIONS and (device_id := visit.request.text("device_id")):
            return self.door.pages.redirect(f"{DEVICE}?{urlencode({'device_id': device_id})}")
        if action in PAGES_OF_ACTIONS:
            return self.door.pages.redirect(PAGES_OF_ACTIONS[action])
        devices = await self._devices.of_user(visit.user_id)
        shown = sorted(devices, key=lambda it: it.last_seen_ts or 0, reverse=True)
        rows = [described(device) for device in shown]
        return self.door.pages.render(
            visit,
            "account.html",
            title="account.title",
            devices=rows,
            has_mail=self._more.mail,
            has_invitations=self._more.invitations,
            has_providers=self._more.providers,
        )

    @page("GET", DEVICE)
    async def ask_to_end(self, visit: Visit) -> Response:
        device = await self._devices.find(visit.user_id, visit.request.text("device_id"))
        form = Form(
            title="device.title",
            action=DEVICE,
            buttons=(Button(label="device.end"),),
            texts=("device.facts", "device.warning"),
            values=described(device),
            hidden={"device_id": device.device_id},
            links=(BACK,),
        )
        return self.door.pages.form(visit, form)

    @page("POST", DEVICE)
    async def end(self, visit: Visit) -> Response:
        await self._devices.delete(visit.user_id, [visit.value("device_id")])
        return self.door.pages.redirect(ACCOUNT)


@frozen(eq=False)
class AccountPages:
    door: Door
    _proving: Proving
    _password_change: PasswordChange
    _deactivation: Deactivation
    _approvals: Approvals

    @page("GET", PASSWORD)
    async def ask_for_password(self, visit: Visit) -> Response:
        form = password_form(await self._proving.first_questions(visit))
        return self.door.pages.form(visit, form)

    @page("POST", PASSWORD, cost="login")
    async def change_password(self, visit: Visit) -> Response:
        new = visit.value("new_password")
        try:
            if new != visit.value("repeated"):
                raise Problem("problem.not_repeated")
            await self._password_change.check(new)
            await self._proving.check_first(visit)
        except MatrixError as error:
            form = password_form(await self._proving.first_questions(visit))
            return self._again(visit, form, error)
        log_out = bool(visit.value("log_out"))
        await self._password_change.change(visit.user_id, new, log_out=log_out, keep=None)
        cookie, _ = await self.door.browsers.sign_in(visit.user_id, visit.visitor, has_all=True)
        return self.door.pages.redirect(ACCOUNT, cookie)

    @page("GET", DEACTIVATE)
    async def ask_to_deactivate(self, visit: Visit) -> Response:
        form = deactivate_form(await self._proving.first_questions(visit))
        return self.door.pages.form(visit, form)

    @page("POST", DEACTIVATE, cost="login")
    async def deactivate(self, visit: Visit) -> Response:
        try:
            await self._proving.check_first(visit)
        except MatrixError as error:
            form = deactivate_form(await self._proving.first_questions(visit))
            return self._again(visit, form, error)
        user_id, gone = visit.user_id, evolve(visit, signed_in=None)
        await self._deactivation.deactivate(user_id, erase=bool(visit.value("erase")))
        found = await self._deactivation.erasure(user_id)
        if found is not None:
            return self.door.pages.render(
                gone, "erased.html", title="erased.title", removed=found.removed, kept=found.kept
            )
        return self.door.pages.notice(gone, "deactivate.title", "deactivate.done")

    @page("GET", CROSS_SIGNING)
    async def ask_for_approval(self, visit: Visit) -> Response:
        form = Form(
            title="cross_signing.title",
            action=CROSS_SIGNING,
            buttons=(Button(label="cross_signing.button"),),
            texts=("cross_signing.text",),
            links=(BACK,),
        )
        return self.door.pages.form(visit, form)

    @page("POST", CROSS_SIGNING)
    async def approve(self, visit: Visit) -> Response:
        await self._approvals.approve(visit.user_id, self.door.browsers.still(visit.cookie))
        return self.door.pages.notice(visit, "cross_signing.title", "cross_signing.done")

    def _again(self, visit: Visit, form: Form, error: MatrixError) -> Response:
        is_wrong = isinstance(error, Forbidden)
        problem = "problem.password_wrong" if is_wrong else sentence_of(error)
        return self.door.pages.form(visit, form, problem, status=error.status)


def password_form(proof: tuple[Field, ...]) -> Form:
    log_out = Field(name="log_out", label="field.log_out", kind="checkbox", is_needed=False)
    return Form(
        title="password.title",
        action=PASSWORD,
        fields=(*proof, PASSWORD_NEW, PASSWORD_AGAIN, log_out),
        buttons=(Button(label="password.button"),),
        links=(BACK,),
    )


def deactivate_form(proof: tuple[Field, ...]) -> Form:
    erase = Field(name="erase", label="field.erase", kind="checkbox", is_needed=False)
    return Form(
        title="deactivate.title",
        action=DEACTIVATE,
        fields=(*proof, erase),
        buttons=(Button(label="deactivate.button"),),
        texts=("deactivate.warning",),
        links=(BACK,),
    )


def described(device: Device) -> dict[str, str]:
    seen = device.last_seen_ts
    return {
        "device_id": device.device_id,
        "name": device.display_name or device.device_id,
        "seen": f"{datetime.fromtimestamp(seen / 1000, UTC):%Y-%m-%d %H:%M} UTC" if seen else "–",
        "ip": device.last_seen_ip or "–",
        "address": f"{DEVICE}?{urlencode({'device_id': device.device_id})}",
    }
