"""An address becomes that of an account, once it is proved."""

from attrs import frozen

from homeserver.storage import accounts
from homeserver.storage.database import Database
from homeserver.storage.mail_proofs import MailProof
from homeserver.storage.transaction import Transaction
from homeserver.users.login import check_may_log_in
from homeserver.users.mail_addresses import MailAddresses
from homeserver.users.mail_proofs import ADD, MailProofs, NotProved


@frozen
class AddingMail:
    _db: Database
    _proofs: MailProofs
    _addresses: MailAddresses

    async def find(self, link: str) -> MailProof | None:
        proof = await self._proofs.find(link, ADD)
        return proof if proof and not proof.secret else None

    async def by_link(self, link: str, language: str) -> None:
        """Raises NotProved or AddressInUse."""
        await self._db.write(self._by_link, link, language)

    async def by_app(self, user_id: str, id: str, secret: str, language: str) -> None:
        """What an app has waited for; raises NotProved or AddressInUse."""
        proof = await self._proofs.of_app(id, secret)
        if proof.purpose != ADD:
            raise NotProved()
        await self._db.write(self._add, user_id, proof, language)

    def _by_link(self, txn: Transaction, link: str, language: str) -> None:
        proof = self._proofs.take(txn, link, ADD)
        self._add(txn, proof.user_id, proof, language)

    def _add(self, txn: Transaction, user_id: str, proof: MailProof, language: str) -> None:
        check_may_log_in(accounts.find(txn, user_id))
        validated_ts = proof.validated_ts or self._proofs.now_ms()
        self._addresses.add(txn, user_id, proof.address, validated_ts, language)
