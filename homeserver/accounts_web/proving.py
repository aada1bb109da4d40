"""Whoever finds an open browser proves to be its owner before something grave is done."""

from urllib.parse import urlencode

from attrs import frozen

from homeserver.accounts_web.addresses import PASSKEY
from homeserver.accounts_web.forms import CODE, PASSWORD_NOW, Field
from homeserver.accounts_web.problems import Problem
from homeserver.accounts_web.visits import Visit
from homeserver.users.credentials import Credentials
from homeserver.users.passkeys import Passkeys
from homeserver.users.second_factors import SecondFactors

Links = tuple[tuple[str, str], ...]


@frozen(eq=False)
class Proving:
    """All that signing in asks for, again; a passkey that was shown a moment ago is as good.

    Who has no password here must have come a moment ago from the provider that opens the account.
    """

    _credentials: Credentials
    _second_factors: SecondFactors
    _passkeys: Passkeys

    async def questions(self, visit: Visit, here: str) -> tuple[tuple[Field, ...], Links]:
        """What a form asks for, and where a passkey can be shown instead."""
        if has_just_shown_passkey(visit):
            return (), ()
        has_more = await self._second_factors.is_on(visit.user_id)
        fields = (*await self.first_questions(visit), *((CODE,) if has_more else ()))
        links: Links = ()
        if await self._passkeys.of_user(visit.user_id):
            links = ((f"{PASSKEY}?{urlencode({'next': here})}", "link.passkey"),)
        return fields, links

    async def first_questions(self, visit: Visit) -> tuple[Field, ...]:
        """Of the first step alone: the password, where there is one."""
        has_password = not has_just_shown_passkey(visit) and await self._has_password(visit)
        return (PASSWORD_NOW,) if has_password else ()

    async def check(self, visit: Visit) -> None:
        """Raises Forbidden or Problem."""
        if has_just_shown_passkey(visit):
            return
        await self.check_first(visit)
        if await self._second_factors.is_on(visit.user_id):
            await self._second_factors.check(visit.user_id, visit.value("code"), visit.place)

    async def check_first(self, visit: Visit) -> None:
        """The first step alone. Raises Forbidden or Problem."""
        if has_just_shown_passkey(visit):
            return
        if await self._has_password(visit):
            await self._credentials.check(visit.user_id, visit.value("password"), visit.place)
        elif visit.signed_in is None or not visit.signed_in.has_just_come:
            raise Problem("problem.sign_in_again", status=403)

    async def _has_password(self, visit: Visit) -> bool:
        assert visit.member is not None
        return await self._credentials.has_password(visit.member.account)


def has_just_shown_passkey(visit: Visit) -> bool:
    return visit.signed_in is not None and visit.signed_in.has_just_shown_passkey
