"""Whoever finds an open browser proves to be its owner before something grave is done."""

from urllib.parse import urlencode

from attrs import frozen

from homeserver.accounts_web.addresses import PASSKEY
from homeserver.accounts_web.forms import CODE, PASSWORD_NOW, Field
from homeserver.accounts_web.visits import Visit
from homeserver.users.credentials import Credentials
from homeserver.users.passkeys import Passkeys
from homeserver.users.second_factors import SecondFactors

Links = tuple[tuple[str, str], ...]


@frozen(eq=False)
class Proving:
    """All that signing in asks for, again; a passkey that was shown a moment ago is as good."""

    _credentials: Credentials
    _second_factors: SecondFactors
    _passkeys: Passkeys

    async def questions(self, visit: Visit, here: str) -> tuple[tuple[Field, ...], Links]:
        """What a form asks for, and where a passkey can be shown instead."""
        if visit.signed_in is not None and visit.signed_in.has_just_shown_passkey:
            return (), ()
        has_more = await self._second_factors.is_on(visit.user_id)
        fields = (PASSWORD_NOW, CODE) if has_more else (PASSWORD_NOW,)
        links: Links = ()
        if await self._passkeys.of_user(visit.user_id):
            links = ((f"{PASSKEY}?{urlencode({'next': here})}", "link.passkey"),)
        return fields, links

    async def check(self, visit: Visit) -> None:
        """Raises Forbidden."""
        if visit.signed_in is not None and visit.signed_in.has_just_shown_passkey:
            return
        await self._credentials.check(visit.user_id, visit.value("password"), visit.place)
        if await self._second_factors.is_on(visit.user_id):
            await self._second_factors.check(visit.user_id, visit.value("code"), visit.place)
