"""The address that somebody has proved who registers."""

from attrs import frozen

from homeserver.errors import Forbidden
from homeserver.json_values import JsonValue
from homeserver.storage.transaction import Transaction
from homeserver.users.mail_addresses import MailAddresses
from homeserver.users.mail_proofs import REGISTER, MailProofs


@frozen
class RegistrationMail:
    _proofs: MailProofs
    _addresses: MailAddresses

    async def address_of(self, link: str) -> str | None:
        """What a link in a letter is for; None where it is not good (any more)."""
        proof = await self._proofs.find(link, REGISTER)
        return proof.address if proof and not proof.secret else None

    async def next_of(self, link: str) -> str:
        """Where somebody was going who asked for the link."""
        proof = await self._proofs.find(link, REGISTER)
        return proof.next_link if proof else ""

    def keep(self, txn: Transaction, user_id: str, proved: JsonValue, link: str) -> None:
        """Give the new account its address; raises AddressInUse, NotProved or Forbidden."""
        if link:
            address = self._proofs.take(txn, link, REGISTER).address
        elif isinstance(proved, dict) and proved.get("purpose") == REGISTER:
            address = str(proved["address"])
        else:
            raise Forbidden("This address was proved for something else.")
        self._addresses.add(txn, user_id, address, self._proofs.now_ms(), "")
