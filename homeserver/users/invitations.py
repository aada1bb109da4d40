"""Links by which members let others make accounts."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from attrs import frozen

from homeserver import randomness
from homeserver.clock import Clock
from homeserver.config.accounts import Registration as RegistrationSettings
from homeserver.errors import Forbidden
from homeserver.randomness import Random
from homeserver.storage import registration_tokens
from homeserver.storage.database import Database
from homeserver.storage.registration_tokens import RegistrationToken
from homeserver.storage.transaction import Transaction

LENGTH = 32


class NoMoreInvitations(Forbidden):
    def __init__(self) -> None:
        super().__init__("There are as many open invitations as one may have.")


@frozen
class Invitations:
    """`_page` is where people register."""

    _db: Database
    _clock: Clock
    _random: Random
    _settings: RegistrationSettings
    _page: str

    @property
    def enabled(self) -> bool:
        settings = self._settings
        return settings.enabled and settings.needs == "invitation" and settings.invitations > 0

    async def open_ones(self, user_id: str) -> list[RegistrationToken]:
        """Those that somebody can still use."""
        return await self._db.glance(self._open_ones, user_id)

    async def make(self, user_id: str) -> None:
        """Raises NoMoreInvitations."""
        if not self.enabled:
            raise Forbidden("Members of this server invite nobody.")
        await self._db.write(self._make, user_id, randomness.token(self._random, LENGTH))

    async def withdraw(self, user_id: str, token: str) -> None:
        await self._db.write(self._withdraw, user_id, token)

    def link(self, token: RegistrationToken) -> str:
        return f"{self._page}?{urlencode({'invitation': token.token})}"

    def _make(self, txn: Transaction, user_id: str, token: str) -> None:
        if len(self._open_ones(txn, user_id)) >= self._settings.invitations:
            raise NoMoreInvitations()
        expires_ts = self._clock.now_ms() + self._settings.invitation_lifetime
        registration_tokens.add(txn, token, 1, expires_ts, user_id)

    def _withdraw(self, txn: Transaction, user_id: str, token: str) -> None:
        found = registration_tokens.find(txn, token)
        if found is not None and found.created_by == user_id:
            registration_tokens.remove(txn, token)

    def _open_ones(self, txn: Transaction, user_id: str) -> list[RegistrationToken]:
        now_ms = self._clock.now_ms()
        found = registration_tokens.of_member(txn, user_id)
        return [token for token in found if token.is_valid(now_ms)]


def day_of(token: RegistrationToken) -> str:
    """Its last."""
    return f"{datetime.fromtimestamp((token.expires_ts or 0) / 1000, UTC):%Y-%m-%d}"
