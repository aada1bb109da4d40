"""What people do to their own accounts: a new password, or the end. Spec: "Account management"."""

from collections.abc import Awaitable, Callable

from attrs import frozen
from twisted.internet.defer import Deferred

from homeserver.changes import AccountErased
from homeserver.devices.devices import Devices
from homeserver.errors import Forbidden
from homeserver.http.requester import Requester
from homeserver.logs import logger
from homeserver.storage import (
    account_languages,
    accounts,
    browser_sessions,
    cross_signing_approvals,
    erasure,
    external_ids,
    interactive_auth,
    letters,
    login_tokens,
    mail_addresses,
    mail_proofs,
    oauth_codes,
    oauth_device_codes,
    provider_sessions,
    pushers,
    registration_tokens,
    second_factors,
    sessions,
    sso_visits,
)
from homeserver.storage.database import Database
from homeserver.storage.erasure import Erasure
from homeserver.storage.transaction import Transaction
from homeserver.users.accounts import Accounts
from homeserver.users.passwords import Passwords
from homeserver.users.sso.identities import LDAP

log = logger(__name__)

LeaveAllRooms = Callable[[str], Awaitable[None]]
EraseData = Callable[[Transaction, str], Callable[[], None]]
"""Looks at what is kept about a user besides events, and returns what deletes it."""


class PasswordElsewhere(Forbidden):
    def __init__(self) -> None:
        super().__init__("A directory keeps the password of this account: change it there.")


@frozen
class PasswordChange:
    _db: Database
    _accounts: Accounts
    _passwords: Passwords
    _devices: Devices

    async def check(self, password: str) -> None:
        """Raise WeakPassword before anybody is asked for proof."""
        await self._passwords.check(password)

    async def change(self, user_id: str, password: str, *, log_out: bool, keep: str | None) -> None:
        """Set a new password; with `log_out` all devices but the one to keep are removed."""
        hash = await self._passwords.hash(password)
        await self._db.write(self.set_hash, user_id, hash, log_out, keep)

    def set_hash(
        self, txn: Transaction, user_id: str, hash: str, log_out: bool, keep: str | None
    ) -> None:
        if any(it.provider == LDAP for it in external_ids.of_user(txn, user_id)):
            raise PasswordElsewhere()
        self._accounts.change(txn, user_id, password_hash=hash)
        forget_proofs(txn, user_id)
        if log_out:
            self._devices.remove_all(txn, user_id, keep=keep)


@frozen
class Deactivation:
    """Nobody logs in any more at once; rooms are left behind the scenes, also after a restart."""

    _db: Database
    _accounts: Accounts
    _devices: Devices
    _leave_all_rooms: LeaveAllRooms
    _begin_erasure: EraseData

    async def deactivate(self, user_id: str, *, erase: bool) -> None:
        await self._db.write(self._deactivate, user_id, erase)
        self._start_leaving(user_id)

    async def erasure(self, user_id: str) -> Erasure | None:
        """What was removed of somebody, and what is left; None for who was not erased."""
        return await self._db.read(erasure.find, user_id)

    async def by_service(self, requester: Requester, *, erase: bool) -> None:
        """An application service ends a user that it has made, without further proof.

        Spec: Application Service API, "Server admin style permissions".
        """
        account = await self._accounts.find(requester.user_id)
        if account is None or account.appservice != requester.appservice:
            raise Forbidden("Application services leave this to their users.")
        await self.deactivate(requester.user_id, erase=erase)

    async def resume(self) -> None:
        """Go on leaving where an earlier run of the server ended."""
        for user_id in await self._db.read(accounts.leaving):
            self._start_leaving(user_id)

    def _deactivate(self, txn: Transaction, user_id: str, erase: bool) -> None:
        delete_data = self._begin_erasure(txn, user_id) if erase else None
        self._accounts.change(
            txn,
            user_id,
            password_hash=None,
            is_deactivated=True,
            is_erased=erase,
            is_admin=False,
            is_leaving=True,
        )
        self._devices.remove_all(txn, user_id)
        pushers.delete_of_user(txn, user_id)
        forget_proofs(txn, user_id)
        second_factors.remove(txn, user_id)
        mail_addresses.delete_of_user(txn, user_id)
        letters.delete_of_user(txn, user_id)
        external_ids.delete_of_user(txn, user_id)
        provider_sessions.delete_of_user(txn, user_id)
        account_languages.delete_of_user(txn, user_id)
        registration_tokens.delete_of_member(txn, user_id)
        if delete_data is not None:
            delete_data()
            txn.announce(AccountErased(txn.next_position(), user_id))

    def _start_leaving(self, user_id: str) -> None:
        Deferred.fromCoroutine(self._leave(user_id))

    async def _leave(self, user_id: str) -> None:
        try:
            await self._leave_all_rooms(user_id)
            await self._db.write(accounts.has_left, user_id)
        except Exception:
            log.exception("%s has not left all rooms; the next start tries again", user_id)


def forget_proofs(txn: Transaction, user_id: str) -> None:
    """What was given out before on the strength of a password opens nothing any more."""
    login_tokens.remove_of(txn, user_id)
    interactive_auth.delete_of_user(txn, user_id)
    mail_proofs.delete_of_user(txn, user_id)
    sso_visits.delete_of_user(txn, user_id)
    browser_sessions.delete_of_user(txn, user_id)
    oauth_codes.delete_of_user(txn, user_id)
    oauth_device_codes.delete_of_user(txn, user_id)
    cross_signing_approvals.delete_of_user(txn, user_id)
    sessions.end(txn, user_id, [sessions.NO_DEVICE])
