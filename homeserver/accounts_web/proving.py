"""Whoever finds an open browser proves to be its owner before something grave is done."""

from attrs import frozen

from homeserver.accounts_web.forms import CODE, PASSWORD_NOW, Field
from homeserver.accounts_web.visits import Visit
from homeserver.users.credentials import Credentials
from homeserver.users.second_factors import SecondFactors


@frozen(eq=False)
class Proving:
    _credentials: Credentials
    _second_factors: SecondFactors

    async def fields(self, user_id: str) -> tuple[Field, ...]:
        """What a form asks for."""
        return (
            (PASSWORD_NOW, CODE) if await self._second_factors.is_on(user_id) else (PASSWORD_NOW,)
        )

    async def check(self, visit: Visit) -> None:
        """Everything that signing in asks for, again. Raises Forbidden."""
        await self._credentials.check(visit.user_id, visit.value("password"), visit.place)
        if await self._second_factors.is_on(visit.user_id):
            await self._second_factors.check(visit.user_id, visit.value("code"), visit.place)
