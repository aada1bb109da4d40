"""How users prove to apps once more who they are."""

from attrs import frozen

from homeserver.storage import accounts, external_ids, second_factors
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.users.interactive_auth import BY_PASSWORD, SSO, Flows
from homeserver.users.sso.identities import LDAP

BY_PAGE: Flows = ((SSO,),)
EITHER: Flows = (*BY_PASSWORD, *BY_PAGE)


@frozen
class WaysToProve:
    """`_has_pages`: whether older apps are led to pages."""

    _db: Database
    _has_pages: bool

    async def of(self, user_id: str) -> Flows:
        """Nobody's user id is empty."""
        if not self._has_pages or not user_id:
            return BY_PASSWORD
        return await self._db.glance(self._of, user_id)

    def _of(self, txn: Transaction, user_id: str) -> Flows:
        if needs_browser(txn, user_id):
            return BY_PAGE
        return EITHER if providers_of(txn, user_id) else BY_PASSWORD


def needs_browser(txn: Transaction, user_id: str) -> bool:
    """Whether a password alone is too little, or nothing that there is."""
    return second_factors.is_on(txn, user_id) or not opened_by_password(txn, user_id)


def opened_by_password(txn: Transaction, user_id: str) -> bool:
    """Not the accounts that only a provider opens."""
    account = accounts.find(txn, user_id)
    if account is None or account.password_hash is not None:
        return True
    known = external_ids.of_user(txn, user_id)
    return not known or any(it.provider == LDAP for it in known)


def providers_of(txn: Transaction, user_id: str) -> set[str]:
    return {it.provider for it in external_ids.of_user(txn, user_id)} - {LDAP}
