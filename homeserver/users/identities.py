"""By what else accounts are known: addresses of e-mail, and ids at other providers."""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.errors import InvalidParam, MatrixError, NotFound
from homeserver.storage import external_ids, mail_addresses
from homeserver.storage.database import Database
from homeserver.storage.external_ids import ExternalId
from homeserver.storage.mail_addresses import MailAddress
from homeserver.storage.transaction import Transaction
from homeserver.users.mail_addresses import AddressInUse, canonical

__all__ = ["EMAIL", "ExternalId", "Identities", "MailAddress"]

MOST = 50
EMAIL = "email"


class ExternalIdInUse(MatrixError):
    status = 409

    def __init__(self) -> None:
        super().__init__("This external id belongs to an account already.")


@frozen(eq=False)
class Identities:
    """For administrators, whose word stands for the proof that is asked of others."""

    _db: Database
    _clock: Clock

    async def of_user(self, user_id: str) -> tuple[list[MailAddress], list[ExternalId]]:
        return await self._db.glance(everything, user_id)

    async def set(
        self, user_id: str, addresses: list[str] | None, ids: list[ExternalId] | None
    ) -> None:
        """What is not named goes. Raises AddressInUse and ExternalIdInUse."""
        if len(addresses or ()) > MOST or len(ids or ()) > MOST:
            raise InvalidParam(f"An account can have {MOST} of each at most.")
        named = None if addresses is None else [canonical(it) for it in addresses]
        await self._db.write(self._set, user_id, named, ids)

    async def by_address(self, medium: str, address: str) -> str:
        """The user's id; raises NotFound."""
        found = None
        if medium == EMAIL:
            found = await self._db.glance(mail_addresses.find, canonical(address))
        if found is None:
            raise NotFound("Nobody here has this address.")
        return found.user_id

    async def by_external_id(self, it: ExternalId) -> str:
        """The user's id; raises NotFound."""
        found = await self._db.glance(external_ids.find, it)
        if found is None:
            raise NotFound("Nobody here has this external id.")
        return found

    def _set(
        self,
        txn: Transaction,
        user_id: str,
        addresses: list[str] | None,
        ids: list[ExternalId] | None,
    ) -> None:
        if addresses is not None:
            self._set_addresses(txn, user_id, addresses)
        if ids is not None:
            external_ids.delete_of_user(txn, user_id)
            if not all(external_ids.add(txn, user_id, it) for it in dict.fromkeys(ids)):
                raise ExternalIdInUse()

    def _set_addresses(self, txn: Transaction, user_id: str, addresses: list[str]) -> None:
        before = {it.address for it in mail_addresses.of_user(txn, user_id)}
        for address in before - set(addresses):
            mail_addresses.remove(txn, user_id, address)
        now_ms = self._clock.now_ms()
        for address in dict.fromkeys(addresses):
            new = MailAddress(address, user_id, now_ms, now_ms)
            if address not in before and not mail_addresses.add(txn, new):
                raise AddressInUse()


def everything(txn: Transaction, user_id: str) -> tuple[list[MailAddress], list[ExternalId]]:
    return mail_addresses.of_user(txn, user_id), external_ids.of_user(txn, user_id)
