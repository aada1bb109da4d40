"""Providers tell that a session there has ended, and what came of it here ends too.

OpenID Connect Back-Channel Logout 1.0.
"""

from attrs import define, field

from homeserver.clock import Clock
from homeserver.devices.devices import Devices
from homeserver.errors import MatrixError
from homeserver.logs import logger
from homeserver.peers.openid_providers import MAX_AGE_S, LoggedOut, OpenIdProvider, ProviderError
from homeserver.storage import external_ids, provider_sessions
from homeserver.storage.database import Database
from homeserver.storage.external_ids import ExternalId
from homeserver.storage.provider_sessions import Descendant
from homeserver.storage.transaction import Transaction

MAX_REMEMBERED = 10_000

log = logger(__name__)


class NoLogout(MatrixError):
    def __init__(self) -> None:
        super().__init__("This is no logout token of a provider that may end sessions here.")


@define(eq=False)
class Logouts:
    """`providers` are those that may end sessions."""

    _db: Database
    _clock: Clock
    _devices: Devices
    providers: dict[str, OpenIdProvider]
    _seen: dict[tuple[str, str], int] = field(factory=dict, init=False)
    """Tokens that were used, by provider and `jti`, and when they are too old anyway."""

    async def end(self, provider_id: str, token: str) -> None:
        """Raises NoLogout."""
        provider = self.providers.get(provider_id)
        if provider is None:
            raise NoLogout()
        try:
            told = await provider.logged_out(token)
        except ProviderError as error:
            log.warning("the provider %s ends no session: %s", provider_id, error)
            raise NoLogout() from None
        if self._is_new(provider_id, told.jti):
            ended = await self._db.write(self._end, provider_id, told)
            log.info("the provider %s has ended a session: %d ended here", provider_id, ended)

    def _is_new(self, provider_id: str, jti: str) -> bool:
        now_ms = self._clock.now_ms()
        old = [it for it, until in self._seen.items() if until <= now_ms]
        for it in old or list(self._seen)[: max(0, len(self._seen) - MAX_REMEMBERED)]:
            del self._seen[it]
        if (provider_id, jti) in self._seen:
            return False
        self._seen[provider_id, jti] = now_ms + 2 * MAX_AGE_S * 1000
        return True

    def _end(self, txn: Transaction, provider_id: str, told: LoggedOut) -> int:
        if told.sid:
            found = provider_sessions.of_sid(txn, (provider_id, told.sid))
            owner = told.sub and self._user_of(txn, provider_id, told.sub)
            found = [it for it in found if not told.sub or it.user_id == owner]
        else:
            user_id = self._user_of(txn, provider_id, told.sub)
            found = provider_sessions.of_user(txn, provider_id, user_id) if user_id else []
        for it in found:
            self._end_one(txn, it)
        return len(found)

    def _user_of(self, txn: Transaction, provider_id: str, sub: str) -> str:
        return external_ids.find(txn, ExternalId(provider_id, sub)) or ""

    def _end_one(self, txn: Transaction, it: Descendant) -> None:
        if it.device_id is not None:
            self._devices.remove(txn, it.user_id, [it.device_id])
        else:
            provider_sessions.end_by_hash(txn, it.hash)
