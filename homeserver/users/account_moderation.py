"""Accounts locked and suspended by administrators. Spec: "Account moderation"."""

from attrs import frozen

from homeserver.errors import Forbidden, InvalidParam, NotFound
from homeserver.http.requester import Requester
from homeserver.storage.accounts import Account
from homeserver.users.accounts import Accounts


@frozen
class AccountModeration:
    _accounts: Accounts
    _server_name: str

    async def is_locked(self, by: Requester, user_id: str) -> bool:
        return (await self._account(by, user_id)).is_locked

    async def is_suspended(self, by: Requester, user_id: str) -> bool:
        return (await self._account(by, user_id)).is_suspended

    async def lock(self, by: Requester, user_id: str, locked: bool) -> None:
        await self._check_is_no_admin(by, user_id)
        await self._accounts.lock(user_id, locked)

    async def suspend(self, by: Requester, user_id: str, suspended: bool) -> None:
        await self._check_is_no_admin(by, user_id)
        await self._accounts.suspend(user_id, suspended)

    async def _account(self, by: Requester, user_id: str) -> Account:
        if not by.is_admin:
            raise Forbidden("Only administrators of this server can do this.")
        if not user_id.endswith(":" + self._server_name):
            raise InvalidParam("This user belongs to another server.")
        account = None if "\0" in user_id else await self._accounts.find(user_id)
        if account is None or account.is_deactivated:
            raise NotFound("There is no such user here.")
        return account

    async def _check_is_no_admin(self, by: Requester, user_id: str) -> None:
        if (await self._account(by, user_id)).is_admin:
            raise Forbidden("Administrators cannot be locked or suspended.")
