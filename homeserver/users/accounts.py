"""Accounts as operations see them: made, found, changed."""

from collections.abc import Callable
from typing import Any

from attrs import evolve, frozen

from homeserver.errors import MatrixError, NotFound
from homeserver.storage import accounts
from homeserver.storage.accounts import Account
from homeserver.storage.database import Database
from homeserver.storage.known_sessions import KnownSessions
from homeserver.storage.transaction import Transaction

Welcome = Callable[[Transaction, str, str | None], None]
"""Told, within the transaction, of each new user: user id, and a display name if one was given."""


class UserInUse(MatrixError):
    errcode = "M_USER_IN_USE"


@frozen
class Accounts:
    _db: Database
    _known: KnownSessions
    _welcome: Welcome

    async def find(self, user_id: str) -> Account | None:
        return await self._db.glance(accounts.find, user_id)

    async def check_free(self, user_id: str) -> None:
        """Raise UserInUse if there is, or was, an account of this id."""
        if await self._db.glance(accounts.exists, user_id):
            raise taken()

    def create(self, txn: Transaction, account: Account, display_name: str | None = None) -> None:
        if not accounts.add(txn, account):
            raise taken()
        self._welcome(txn, account.user_id, display_name)

    def change(self, txn: Transaction, user_id: str, **changes: Any) -> Account:
        """Set fields of an account; what its sessions are known for is read again."""
        account = accounts.find(txn, user_id)
        if account is None:
            raise NotFound("There is no such user here.")
        changed = evolve(account, **changes)
        accounts.save(txn, changed)
        txn.after_commit(lambda: self._known.forget(user_id))
        return changed

    def set_password_hash(self, txn: Transaction, user_id: str, new: str, old: str) -> None:
        """Replace the hash of a password that stays the same, unless it was changed meanwhile."""
        account = accounts.find(txn, user_id)
        if account is not None and account.password_hash == old:
            self.change(txn, user_id, password_hash=new)

    async def lock(self, user_id: str, locked: bool) -> None:
        await self._db.write(self._set, user_id, "is_locked", locked)

    async def suspend(self, user_id: str, suspended: bool) -> None:
        await self._db.write(self._set, user_id, "is_suspended", suspended)

    async def make_admin(self, user_id: str, admin: bool) -> None:
        await self._db.write(self._set, user_id, "is_admin", admin)

    async def free_of_limits(self, user_id: str, unlimited: bool) -> None:
        await self._db.write(self._set, user_id, "is_unlimited", unlimited)

    async def add_senders(self, senders: dict[str, str], now_ms: int) -> None:
        """Make sure that application services' own users exist: user id to service id."""
        await self._db.write(self._add_senders, senders, now_ms)

    async def add_system_user(self, user_id: str, display_name: str, now_ms: int) -> None:
        """Make sure that the user exists who speaks for the server; nobody can log in as it."""
        await self._db.write(self._add_system_user, user_id, display_name, now_ms)

    def _add_system_user(
        self, txn: Transaction, user_id: str, display_name: str, now_ms: int
    ) -> None:
        if not accounts.exists(txn, user_id):
            account = Account(user_id=user_id, created_ts=now_ms, user_type="system")
            self.create(txn, account, display_name)

    def _add_senders(self, txn: Transaction, senders: dict[str, str], now_ms: int) -> None:
        for user_id, service in senders.items():
            if not accounts.exists(txn, user_id):
                self.create(txn, Account(user_id=user_id, created_ts=now_ms, appservice=service))

    def _set(self, txn: Transaction, user_id: str, name: str, value: bool) -> None:
        self.change(txn, user_id, **{name: value})


def taken() -> UserInUse:
    return UserInUse("This user name is taken.")
