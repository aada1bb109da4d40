"""Administrators speak as somebody else, to see what that user sees."""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.errors import InvalidParam, MatrixError
from homeserver.storage import accounts
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.users.login import check_may_log_in
from homeserver.users.second_factors import SingleProofs
from homeserver.users.sessions import Sessions


@frozen
class Puppeting:
    """Accounts with two steps are closed to administrators as to everybody with one proof."""

    _db: Database
    _clock: Clock
    _sessions: Sessions
    _single_proofs: SingleProofs

    async def token(self, by: str, user_id: str, valid_until: int | None) -> str:
        """An access token without a device, which takes the place of the last one."""
        if by == user_id:
            raise MatrixError("You cannot log in as yourself by this.")
        if valid_until is not None and not self._clock.now_ms() < valid_until < 2**53:
            raise InvalidParam("'valid_until_ms' must lie in the future.")
        return await self._db.write(self._open, user_id, valid_until)

    def _open(self, txn: Transaction, user_id: str, valid_until: int | None) -> str:
        check_may_log_in(accounts.find(txn, user_id))
        self._single_proofs.refuse(txn, user_id)
        return self._sessions.open_without_device(txn, user_id, valid_until)
