"""A new password for who has forgotten the old one, and reads the letters of an address."""

from attrs import frozen

from homeserver.errors import Forbidden
from homeserver.storage import accounts, mail_addresses
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.users.account_changes import PasswordChange
from homeserver.users.login import check_may_log_in
from homeserver.users.mail_addresses import MailAddresses
from homeserver.users.mail_proofs import RESET, MailProofs
from homeserver.users.passwords import Passwords


@frozen
class PasswordReset:
    _db: Database
    _passwords: Passwords
    _change: PasswordChange
    _proofs: MailProofs
    _addresses: MailAddresses

    async def check(self, password: str) -> None:
        """Raise WeakPassword before anything is used up."""
        await self._change.check(password)

    async def user_of(self, link: str) -> str | None:
        """Whose password a link is for; None where it is not good (any more)."""
        proof = await self._proofs.find(link, RESET)
        return proof.user_id if proof and not proof.secret else None

    async def reset(self, link: str, password: str, language: str, *, log_out: bool) -> str:
        """Whose it was. Uses up the link; raises NotProved or WeakPassword.

        Who has a second factor has been asked for it before.
        """
        await self._change.check(password)
        hash = await self._passwords.hash(password)
        return await self._db.write(self._reset, link, hash, language, log_out)

    async def by_app(self, proved: object, password: str, *, log_out: bool) -> str:
        """The same, by what the stage for addresses has proved."""
        if not isinstance(proved, dict) or proved.get("purpose") != RESET:
            raise Forbidden("This address was proved for something else.")
        user_id, address = str(proved["user_id"]), str(proved["address"])
        hash = await self._passwords.hash(password)
        await self._db.write(self._set, user_id, address, hash, "", log_out)
        return user_id

    def _reset(self, txn: Transaction, link: str, hash: str, language: str, log_out: bool) -> str:
        proof = self._proofs.take(txn, link, RESET)
        self._set(txn, proof.user_id, proof.address, hash, language, log_out)
        return proof.user_id

    def _set(
        self,
        txn: Transaction,
        user_id: str,
        address: str,
        hash: str,
        language: str,
        log_out: bool,
    ) -> None:
        owner = mail_addresses.find(txn, address)
        if owner is None or owner.user_id != user_id:
            raise Forbidden("This address does not belong to the account any more.")
        check_may_log_in(accounts.find(txn, user_id))
        self._change.set_hash(txn, user_id, hash, log_out, None)
        self._addresses.tell(txn, user_id, "password", language)
