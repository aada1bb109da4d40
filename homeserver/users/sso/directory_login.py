"""People of a directory sign in with the password that it knows."""

from secrets import token_hex
from typing import Protocol

from attrs import frozen

from homeserver.errors import MatrixError
from homeserver.events.ids import localpart_of
from homeserver.logs import logger
from homeserver.media.threads import Aside
from homeserver.peers.ldap_directory import DirectoryError, Entry
from homeserver.storage import accounts, external_ids
from homeserver.storage.accounts import Account
from homeserver.storage.external_ids import ExternalId
from homeserver.storage.transaction import Transaction
from homeserver.users.mail_addresses import is_address
from homeserver.users.registration import Workshop
from homeserver.users.sso.external_accounts import ExternalAccounts
from homeserver.users.sso.identities import LDAP, Identity, as_localpart

log = logger(__name__)


class Directory(Protocol):
    def check(self, username: str, password: str) -> Entry | None:
        """Who it is, if this is the password; raises DirectoryError. It may take long."""


class DirectoryAway(MatrixError):
    status = 503

    def __init__(self) -> None:
        super().__init__("The directory of users does not answer. Try again later.")


@frozen(eq=False)
class DirectoryLogin:
    """Opens no account but those that came from the directory."""

    _directory: Directory
    _workshop: Workshop
    _accounts: ExternalAccounts
    _aside: Aside
    _makes_accounts: bool

    async def keeps(self, user_id: str) -> bool:
        """Whether this account came from there."""
        return any(it.provider == LDAP for it in await self._accounts.of_user(user_id))

    async def account_of(self, user_id: str, password: str) -> Account | None:
        """The account, which is made when somebody comes for the first time."""
        if not user_id.endswith(f":{self._workshop.usernames.server_name}"):
            return None
        entry = await self._check(localpart_of(user_id), password)
        if entry is None:
            return None
        identity = identity_of(entry)
        if not identity.username:
            return None
        try:
            new_id = self._workshop.usernames.user_id(identity.username)
        except MatrixError as error:
            log.warning("nobody can be called like this entry of the directory: %s", error)
            return None
        return await self._workshop.db.write(self._find_or_make, identity, new_id)

    async def pretend(self) -> None:
        """Ask for somebody whom nobody can be."""
        await self._check(token_hex(16), token_hex(16))

    async def _check(self, username: str, password: str) -> Entry | None:
        try:
            return await self._aside(lambda: self._directory.check(username, password))
        except DirectoryError as error:
            log.error("the directory: %s", error)
            raise DirectoryAway() from None

    def _find_or_make(self, txn: Transaction, identity: Identity, new_id: str) -> Account | None:
        known = external_ids.find(txn, ExternalId(LDAP, identity.subject))
        if known is not None:
            return accounts.find(txn, known)
        if not self._makes_accounts or accounts.exists(txn, new_id):
            # Who has this name here is somebody else.
            return None
        self._accounts.make(txn, identity, new_id, {})
        return accounts.find(txn, new_id)


def identity_of(entry: Entry) -> Identity:
    return Identity(
        provider=LDAP,
        subject=entry.username.lower(),
        username=as_localpart(entry.username),
        name=entry.name if entry.name.isprintable() else "",
        email=entry.email.lower() if is_address(entry.email) else "",
    )
