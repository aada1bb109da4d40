"""What administrators do to accounts."""

from typing import Any

from attrs import field, frozen

from homeserver.errors import Forbidden, InvalidParam, MatrixError, NotFound
from homeserver.events.ids import domain_of, is_user_id, localpart_of
from homeserver.json_values import JsonObject
from homeserver.storage import erasure, profiles
from homeserver.storage.accounts import Account
from homeserver.storage.erasure import Erasure
from homeserver.users.account_changes import Deactivation, PasswordChange
from homeserver.users.identities import ExternalId, Identities
from homeserver.users.profiles import AVATAR_URL, DISPLAYNAME, Profiles
from homeserver.users.registration import Workshop

__all__ = ["AVATAR_URL", "DISPLAYNAME", "Account", "AccountWish", "Administration"]

KEYS_WINDOW_MS = 10 * 60_000


@frozen(kw_only=True)
class AccountWish:
    """What an account is to be; None leaves what is there."""

    password: str | None = None
    log_out: bool = True
    profile: dict[str, str] = field(factory=dict)
    """`displayname` and `avatar_url`, where they are to change; an empty text removes them."""
    flags: dict[str, Any] = field(factory=dict)
    """Fields of an account, such as `is_admin`."""
    deactivated: bool | None = None
    addresses: list[str] | None = None
    """Of e-mail."""
    external_ids: list[ExternalId] | None = None


@frozen(eq=False)
class Administration:
    _workshop: Workshop
    _passwords: PasswordChange
    _deactivation: Deactivation
    _profiles: Profiles
    identities: Identities

    async def find(self, user_id: str) -> Account:
        """One of our accounts; raises NotFound."""
        self._check_is_ours(user_id)
        account = await self._workshop.accounts.find(user_id)
        if account is None:
            raise NotFound("There is no such user here.")
        return account

    async def profile(self, user_id: str) -> JsonObject:
        return dict(await self._workshop.db.glance(profiles.get, user_id))

    async def set(self, by: str, user_id: str, wish: AccountWish) -> bool:
        """Make an account, or change it; whether it is new."""
        self._check_is_ours(user_id)
        known = await self._workshop.accounts.find(user_id)
        if known is None:
            await self._make(user_id, wish)
        else:
            await self._change(by, known, wish)
        await self.identities.set(user_id, wish.addresses, wish.external_ids)
        for key, value in wish.profile.items():
            await self._profiles.set_field(user_id, key, value)
        return known is None

    async def change(self, by: str, user_id: str, **flags: Any) -> None:
        """Set fields of an account; raises Forbidden where administrators would lock themselves
        out.
        """
        await self.find(user_id)
        if user_id == by and flags.get("is_admin") is False:
            raise MatrixError("You cannot take these rights from yourself.")
        if user_id == by and (flags.get("is_locked") or flags.get("is_suspended")):
            raise Forbidden("You cannot lock or suspend yourself.")
        workshop = self._workshop
        await workshop.db.write(
            lambda txn: workshop.accounts.change(txn, user_id, **flags) and None
        )

    async def erasure(self, user_id: str) -> Erasure:
        """What was removed of somebody, and what is left; raises NotFound."""
        await self.find(user_id)
        found = await self._deactivation.erasure(user_id)
        if found is None:
            raise NotFound("This user was not erased.")
        return found

    async def deactivate(self, user_id: str, *, erase: bool) -> None:
        await self.find(user_id)
        await self._deactivation.deactivate(user_id, erase=erase)

    async def set_password(self, user_id: str, password: str, *, log_out: bool) -> None:
        await self.find(user_id)
        await self._passwords.change(user_id, password, log_out=log_out, keep=None)

    async def check_free(self, username: str) -> None:
        """Raises InvalidUsername, Exclusive or UserInUse."""
        await self._workshop.accounts.check_free(self._workshop.usernames.user_id(username))

    async def allow_new_keys(self, by: str, user_id: str) -> int:
        """Let the user replace the cross-signing keys without proof; until when."""
        until = self._workshop.clock.now_ms() + KEYS_WINDOW_MS
        await self.change(by, user_id, keys_replaceable_until=until)
        return until

    async def _make(self, user_id: str, wish: AccountWish) -> None:
        workshop = self._workshop
        if workshop.usernames.user_id(localpart_of(user_id)) != user_id:
            raise InvalidParam("User names have small letters only.")
        hash = None if wish.password is None else await workshop.passwords.hash(wish.password)
        account = Account(
            user_id=user_id,
            created_ts=workshop.clock.now_ms(),
            password_hash=hash,
            **wish.flags,
        )
        await workshop.make(account, None, wish.profile.get(DISPLAYNAME))
        if wish.deactivated:
            await self._deactivation.deactivate(user_id, erase=False)

    async def _change(self, by: str, known: Account, wish: AccountWish) -> None:
        user_id, flags = known.user_id, dict(wish.flags)
        if wish.deactivated is False and known.is_deactivated:
            if wish.password is None and self._workshop.passwords.enabled:
                raise InvalidParam("An account that comes back needs a password.")
            flags |= {"is_deactivated": False, "is_erased": False, "is_leaving": False}
            await self._workshop.db.write(erasure.take_back, user_id)
        if flags:
            await self.change(by, user_id, **flags)
        if wish.deactivated and not known.is_deactivated:
            await self._deactivation.deactivate(user_id, erase=False)
        elif wish.password is not None:
            await self.set_password(user_id, wish.password, log_out=wish.log_out)

    def _check_is_ours(self, user_id: str) -> None:
        if not is_user_id(user_id) or domain_of(user_id) != self._workshop.usernames.server_name:
            raise InvalidParam("Only users of this server can be looked up and changed.")
