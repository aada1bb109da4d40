"""The addresses of e-mail that belong to accounts. Whoever reads letters there is their owner."""

import re

from attrs import frozen

from homeserver.clock import Clock
from homeserver.errors import InvalidParam, MatrixError, NotFound
from homeserver.storage import account_languages, mail_addresses
from homeserver.storage.database import Database
from homeserver.storage.mail_addresses import MailAddress
from homeserver.storage.transaction import Transaction
from homeserver.users.account_letters import AccountLetters
from homeserver.users.postman import DAY_MS, Postman

MAX_ADDRESSES = 5
"""Of one account."""

_ADDRESS = re.compile(
    r"[^@\s<>\",;:\\()\[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)


class AddressInUse(MatrixError):
    errcode = "M_THREEPID_IN_USE"

    def __init__(self) -> None:
        super().__init__("This address belongs to an account already.")


def is_address(text: str) -> bool:
    return text.isascii() and text.isprintable() and _ADDRESS.fullmatch(text) is not None


def canonical(address: str) -> str:
    """As addresses are kept and compared; raises InvalidParam."""
    address = address.strip()
    if not is_address(address):
        raise InvalidParam("This is not an address of e-mail.")
    return address.lower()


@frozen(eq=False)
class MailAddresses:
    """`_account_url` is where people look after their accounts."""

    _db: Database
    _clock: Clock
    _letters: AccountLetters
    _postman: Postman
    _account_url: str

    async def of_user(self, user_id: str) -> list[MailAddress]:
        return await self._db.glance(mail_addresses.of_user, user_id)

    async def remove(self, user_id: str, address: str, language: str) -> None:
        """Tells all addresses of the account, this one too. Raises NotFound."""
        await self._db.write(self._remove, user_id, address.strip().lower(), language)

    def add(
        self, txn: Transaction, user_id: str, address: str, validated_ts: int, language: str
    ) -> None:
        """Tells the addresses that were there before; raises AddressInUse."""
        others = mail_addresses.of_user(txn, user_id)
        if len(others) >= MAX_ADDRESSES:
            raise MatrixError(f"An account can have {MAX_ADDRESSES} addresses.")
        now_ms = self._clock.now_ms()
        if not mail_addresses.add(txn, MailAddress(address, user_id, validated_ts, now_ms)):
            raise AddressInUse()
        self._tell_all(txn, others, "added", language, address=address)

    def tell(
        self, txn: Transaction, user_id: str, kind: str, language: str, **values: object
    ) -> None:
        """Write to all addresses of an account, once this is committed."""
        self._tell_all(txn, mail_addresses.of_user(txn, user_id), kind, language, **values)

    def _remove(self, txn: Transaction, user_id: str, address: str, language: str) -> None:
        before = mail_addresses.of_user(txn, user_id)
        if not mail_addresses.remove(txn, user_id, address):
            raise NotFound("This address does not belong to this account.")
        self._tell_all(txn, before, "removed", language, address=address)

    def _tell_all(
        self,
        txn: Transaction,
        told: list[MailAddress],
        kind: str,
        language: str,
        **values: object,
    ) -> None:
        link = str(values.pop("link", self._account_url))
        for it in told:
            spoken = language or account_languages.find(txn, it.user_id)
            letter = self._letters.written(
                kind, spoken, it.address, link, user_id=it.user_id, **values
            )
            now_ms = self._clock.now_ms()
            self._postman.hand_in(txn, letter, it.user_id, now_ms + DAY_MS)
