"""Proof by password. Wrong guesses are counted, and unknown users look like wrong passwords."""

from typing import Protocol

from attrs import frozen

from homeserver.errors import BadJson, Forbidden, MatrixError
from homeserver.http.request import field
from homeserver.json_values import JsonObject
from homeserver.storage.accounts import Account
from homeserver.storage.database import Database
from homeserver.users.accounts import Accounts
from homeserver.users.guesses import PASSWORD, Guesses, Place
from homeserver.users.passwords import Passwords
from homeserver.users.sessions import UserDeactivated
from homeserver.users.usernames import Usernames


class Directory(Protocol):
    """People who are known elsewhere, by passwords that this server does not keep."""

    async def account_of(self, user_id: str, password: str) -> Account | None: ...

    async def keeps(self, user_id: str) -> bool: ...

    async def pretend(self) -> None:
        """Take as long as a wrong password of somebody there, and raise what that raises."""


@frozen
class Credentials:
    _db: Database
    _accounts: Accounts
    _passwords: Passwords
    _usernames: Usernames
    _guesses: Guesses
    _directory: Directory | None = None

    async def check(self, user: str, password: str, place: Place) -> Account:
        """The account whose password this is; `user` is a user id or a localpart."""
        account = await self.account_of(user)
        who = account.user_id if account else self._usernames.meant_by(user)[:255].lower()
        await self._guesses.check(PASSWORD, who, place)
        hash = account.password_hash if account else None
        # Nobody is refused sooner than others: that would tell who has an account.
        is_right = await self._passwords.matches(password, hash)
        if account is not None and account.is_deactivated:
            await self._take_as_long()
            raise UserDeactivated()
        theirs = await self._of_directory(who, password) if hash is None else None
        if theirs is not None:
            return theirs
        if not is_right:
            await self._guesses.failed(PASSWORD, who, place)
            if hash is not None:
                await self._take_as_long()
            raise Forbidden("The user name or the password is wrong.")
        assert account is not None and hash is not None
        if self._passwords.is_outdated(hash):
            new_hash = await self._passwords.hash(password)
            await self._db.write(self._accounts.set_password_hash, account.user_id, new_hash, hash)
        return account

    async def has_password(self, account: Account) -> bool:
        """Whether one opens the account, here or in the directory."""
        if account.password_hash is not None:
            return True
        return self._directory is not None and await self._directory.keeps(account.user_id)

    async def _of_directory(self, user_id: str, password: str) -> Account | None:
        """Accounts without a password here may have one there; so may names without an account."""
        if self._directory is None:
            return None
        account = await self._directory.account_of(user_id, password)
        if account is not None and account.is_deactivated:
            raise UserDeactivated()
        return account

    async def _take_as_long(self) -> None:
        """As where the directory is asked, so that nobody can tell whom it was not asked about."""
        if self._directory is not None:
            await self._directory.pretend()

    async def account_of(self, user: str) -> Account | None:
        """By the exact name, or else by the same in small letters."""
        user_id = self._usernames.meant_by(user)
        if "\0" in user_id:
            return None
        account = await self._accounts.find(user_id)
        if account is None and user_id != user_id.lower():
            account = await self._accounts.find(user_id.lower())
        return account


def identified_user(body: JsonObject, default: str | None = None) -> str:
    """Whom a request is about. Spec: "Identifier types"; `user` is the old way to say it."""
    identifier = field(body, "identifier", dict, None)
    if identifier is None:
        if "user" not in body and ("medium" in body or "address" in body):
            raise no_such_third_party_id()
        if default is not None and "user" not in body:
            return default
        return str(field(body, "user", str))
    type = identifier.get("type")
    if type == "m.id.user":
        return str(field(identifier, "user", str))
    if type in ("m.id.thirdparty", "m.id.phone") or (type is None and "medium" in identifier):
        raise no_such_third_party_id()
    raise BadJson("'identifier.type' must be m.id.user.")


def no_such_third_party_id() -> MatrixError:
    return Forbidden("Nobody here has this address; log in with a user name.")
