"""Accounts of people who are known elsewhere: found, made, connected and let go."""

from attrs import frozen

from homeserver.errors import Forbidden, MatrixError
from homeserver.json_values import JsonObject, encode
from homeserver.storage import accounts, external_ids, mail_addresses
from homeserver.storage.accounts import Account
from homeserver.storage.external_ids import ExternalId
from homeserver.storage.mail_addresses import MailAddress
from homeserver.storage.transaction import Transaction
from homeserver.users.login import check_may_log_in
from homeserver.users.registration import Workshop
from homeserver.users.sso.identities import LDAP, Identity


class KnownElsewhere(MatrixError):
    errcode = "M_USER_IN_USE"

    def __init__(self) -> None:
        super().__init__("Somebody is known by this already.")


@frozen
class ExternalAccounts:
    _workshop: Workshop

    async def user_of(self, identity: Identity) -> str | None:
        return await self._workshop.db.glance(
            external_ids.find, ExternalId(identity.provider, identity.subject)
        )

    async def of_user(self, user_id: str) -> list[ExternalId]:
        return await self._workshop.db.glance(external_ids.of_user, user_id)

    async def is_free(self, username: str) -> str:
        """The user id; raises InvalidUsername, Exclusive or UserInUse."""
        user_id = self._workshop.usernames.user_id(username)
        await self._workshop.accounts.check_free(user_id)
        return user_id

    def make(self, txn: Transaction, identity: Identity, user_id: str, agreed: JsonObject) -> None:
        """A new account without a password."""
        account = Account(
            user_id=user_id,
            created_ts=self._now_ms(),
            agreed_terms=encode(agreed).decode() if agreed else None,
        )
        self._workshop.accounts.create(txn, account, identity.name or None)
        self.connect(txn, identity, user_id)
        if identity.email:
            # If it belongs to somebody else already, it stays theirs.
            now_ms = self._now_ms()
            mail_addresses.add(txn, MailAddress(identity.email, user_id, now_ms, now_ms))

    def connect(self, txn: Transaction, identity: Identity, user_id: str) -> None:
        """From now on who comes from there is this user; raises KnownElsewhere."""
        check_may_log_in(accounts.find(txn, user_id))
        if not external_ids.add(txn, user_id, ExternalId(identity.provider, identity.subject)):
            raise KnownElsewhere()

    async def disconnect(self, user_id: str, provider: str) -> None:
        """Raises Forbidden where nothing else would open the account."""
        await self._workshop.db.write(self._disconnect, user_id, provider)

    def _disconnect(self, txn: Transaction, user_id: str, provider: str) -> None:
        account = accounts.find(txn, user_id)
        others = [it for it in external_ids.of_user(txn, user_id) if it.provider != provider]
        if account is None or (account.password_hash is None and not others):
            raise Forbidden("Set a password first: nothing else opens this account.")
        if provider == LDAP:
            raise Forbidden("The directory keeps this account.")
        external_ids.remove(txn, user_id, provider)

    def _now_ms(self) -> int:
        return self._workshop.clock.now_ms()
