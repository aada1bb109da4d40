"""How people log in, and out. Spec: Client-Server API, "Login"."""

from collections.abc import Callable

from attrs import frozen

from homeserver import randomness
from homeserver.clock import Clock
from homeserver.config.accounts import Sessions as SessionSettings
from homeserver.devices.devices import Devices
from homeserver.errors import Forbidden, MatrixError
from homeserver.http.requester import Requester
from homeserver.randomness import Random
from homeserver.storage import accounts, login_tokens, provider_sessions
from homeserver.storage.accounts import Account
from homeserver.storage.database import Database
from homeserver.storage.login_tokens import LoginToken
from homeserver.storage.transaction import Transaction
from homeserver.users.appservices import AppService, token_hash
from homeserver.users.credentials import Credentials
from homeserver.users.guesses import Place
from homeserver.users.second_factors import SingleProofs
from homeserver.users.sessions import (
    DeviceWish,
    Login,
    Sessions,
    UserDeactivated,
    UserLocked,
)
from homeserver.users.usernames import Exclusive


@frozen
class LoggingIn:
    _db: Database
    _sessions: Sessions
    _devices: Devices
    _credentials: Credentials
    _single_proofs: SingleProofs

    async def by_password(self, user: str, password: str, wish: DeviceWish) -> Login:
        account = await self._credentials.check(user, password, Place(wish.ip))
        return await self._db.write(self._open, account.user_id, wish)

    async def by_token(self, token: str, wish: DeviceWish, now_ms: int) -> Login:
        login = await self._db.write(self._by_token, token_hash(token), wish, now_ms)
        if login is None:
            raise Forbidden("This login token is unknown, used or too old.")
        return login

    async def by_service(self, service: AppService, user: str, wish: DeviceWish) -> Login:
        """An application service logs in one of its users."""
        account = await self._credentials.account_of(user)
        if account is None:
            raise Forbidden("The application service has not registered this user.")
        if not service.speaks_for(account.user_id):
            raise Exclusive("This user is not in the namespace of the application service.")
        return await self._db.write(self._open, account.user_id, wish)

    async def log_out(self, requester: Requester) -> None:
        """End the session; its device goes with it."""
        if not requester.session:
            raise MatrixError("An application service's own token cannot be logged out.")
        if not requester.device_id:
            await self._db.write(self._sessions.end_without_device, requester.user_id)
        await self._devices.delete(requester.user_id, [requester.device_id])

    async def log_out_everywhere(self, user_id: str) -> None:
        await self._db.write(self._devices.remove_all, user_id)

    def _open(self, txn: Transaction, user_id: str, wish: DeviceWish) -> Login:
        check_may_log_in(accounts.find(txn, user_id))
        self._single_proofs.refuse(txn, user_id)
        return self._sessions.open(txn, user_id, wish)

    def _by_token(
        self, txn: Transaction, hash: bytes, wish: DeviceWish, now_ms: int
    ) -> Login | None:
        token = login_tokens.take(txn, hash, now_ms)
        if token is None:
            return None
        if not token.is_whole:
            return self._open(txn, token.user_id, wish)
        check_may_log_in(accounts.find(txn, token.user_id))
        login = self._sessions.open(txn, token.user_id, wish)
        provider_sessions.opened(txn, hash, login.device_id)
        return login


@frozen
class WholeLoginTokens:
    """For apps to which somebody leads who has proved everything on our pages."""

    _db: Database
    _clock: Clock
    _random: Random
    _settings: SessionSettings

    async def make(self, user_id: str, still: Callable[[Transaction], bytes]) -> str:
        """`still` raises Forbidden where the browser has been signed out a moment ago."""
        token = "il_" + randomness.token(self._random, 40)
        await self._db.write(self._make, token_hash(token), user_id, still)
        return token

    def _make(
        self, txn: Transaction, hash: bytes, user_id: str, still: Callable[[Transaction], bytes]
    ) -> None:
        provider_sessions.pass_on(txn, still(txn), hash)
        now_ms = self._clock.now_ms()
        expires_ts = now_ms + self._settings.login_token_lifetime
        login_tokens.add(txn, hash, LoginToken(user_id, expires_ts, is_whole=True), now_ms)


def check_may_log_in(account: Account | None) -> None:
    if account is None:
        raise Forbidden("There is no such user here.")
    if account.is_deactivated:
        raise UserDeactivated()
    if account.is_locked:
        raise UserLocked()
