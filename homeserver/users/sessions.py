"""Logins: tokens are handed out, renewed, recognised. Spec: "Client Authentication"."""

from attrs import evolve, frozen

from homeserver import randomness
from homeserver.changes import SignedIn
from homeserver.clock import Clock
from homeserver.config.accounts import Sessions as SessionSettings
from homeserver.devices.devices import Devices, check_device_id
from homeserver.errors import MatrixError, UnknownToken
from homeserver.http.requester import Requester
from homeserver.randomness import Random
from homeserver.storage import account_languages, accounts, login_tokens, oauth_sessions, sessions
from homeserver.storage.accounts import Account
from homeserver.storage.database import Database
from homeserver.storage.known_sessions import KnownSessions, Session
from homeserver.storage.login_tokens import LoginToken
from homeserver.storage.sessions import Token
from homeserver.storage.transaction import Transaction
from homeserver.users.appservices import token_hash

NEW_ACCOUNT_MS = 5 * 60_000
MAX_UNUSED = 10
"""So many tokens may be handed out for one refresh token before the first of them is used."""


@frozen
class Login:
    """What a client gets to know of its new session. Lifetimes are milliseconds."""

    user_id: str
    device_id: str
    access_token: str
    refresh_token: str | None = None
    expires_in_ms: int | None = None


@frozen(kw_only=True)
class DeviceWish:
    """The device that a client wants to log in as; without an id it gets a new one.

    `ip` and `user_agent` tell where it logs in from, `language` how to speak to its user.
    """

    device_id: str | None = None
    display_name: str | None = None
    refreshes: bool = False
    ip: str = ""
    user_agent: str = ""
    language: str = ""


class UserLocked(MatrixError):
    status = 401
    errcode = "M_USER_LOCKED"

    def __init__(self) -> None:
        super().__init__("This account is locked.", soft_logout=True)


class UserDeactivated(MatrixError):
    status = 403
    errcode = "M_USER_DEACTIVATED"

    def __init__(self) -> None:
        super().__init__("This account has been deactivated.")


@frozen
class Sessions:
    """One login a device: a new one there ends the one before."""

    _db: Database
    _clock: Clock
    _random: Random
    _settings: SessionSettings
    _devices: Devices
    _known: KnownSessions

    def open(self, txn: Transaction, user_id: str, wish: DeviceWish) -> Login:
        """Log a user in: the account has been checked before."""
        device_id = wish.device_id or randomness.token(self._random, 10).upper()
        check_device_id(device_id)
        is_new = self._devices.appear(txn, user_id, device_id, wish.display_name)
        account_languages.save(txn, user_id, wish.language)
        if is_new and wish.ip and self._is_news(txn, user_id):
            position = txn.next_position()
            txn.announce(SignedIn(position, user_id, device_id, wish.ip, wish.user_agent))
        session = sessions.open(txn, user_id, device_id, self._clock.now_ms())
        txn.after_commit(lambda: self._known.forget(user_id))
        if wish.ip:
            seen = (user_id, device_id, wish.ip, wish.user_agent)
            txn.after_commit(lambda: self._devices.last_seen.note(*seen))
        login = Login(user_id, device_id, "")
        return self._add_tokens(txn, login, session, 0, refreshes=wish.refreshes)

    def open_without_device(self, txn: Transaction, user_id: str, expires_ts: int | None) -> str:
        """For an administrator who speaks as the user: an access token. The last one ends."""
        session = sessions.open(txn, user_id, sessions.NO_DEVICE, self._clock.now_ms())
        txn.after_commit(lambda: self._known.forget(user_id))
        token = "ia_" + randomness.token(self._random, 40)
        sessions.add_token(txn, session, token_hash(token), 0, False, expires_ts)
        return token

    def end_without_device(self, txn: Transaction, user_id: str) -> None:
        sessions.end(txn, user_id, [sessions.NO_DEVICE])
        txn.after_commit(lambda: self._known.forget(user_id))

    def _is_news(self, txn: Transaction, user_id: str) -> bool:
        """Not what somebody does who has just made the account, nor what bridges do."""
        account = accounts.find(txn, user_id)
        if account is None or account.appservice or account.is_guest:
            return False
        return self._clock.now_ms() - account.created_ts > NEW_ACCOUNT_MS

    async def refresh(self, refresh_token: str, client_id: str = "") -> Login:
        """New tokens for an old one; raises UnknownToken.

        Where an app got the login by OAuth 2.0, only the same app can renew it, and only there.
        """
        hash = token_hash(refresh_token)
        if await self._db.glance(sessions.find, hash) is None:
            # Guesses are kept from the writer.
            raise unknown_refresh_token()
        login = await self._db.write(self._refresh, hash, client_id)
        if login is None:
            raise UnknownToken("This refresh token cannot be used any more.", soft_logout=True)
        return login

    async def find(self, hash: bytes) -> Session:
        """The session of an access token; raises UnknownToken."""
        age = self._known.age
        token, account = await self._db.glance(token_and_account, hash)
        if token is None or token.refreshes or account is None:
            raise UnknownToken("This access token is not known.")
        if token.is_replaced:
            raise UnknownToken("This access token has been replaced.", soft_logout=True)
        if token.is_first_use:
            await self._db.write(self._confirm, token)
        session = Session(
            requester_of(account, token.device_id, token.session),
            token.expires_ts or 0,
            account.is_locked,
        )
        if not token.is_first_use:
            self._known.put(hash, session, age)
        return session

    # -- tokens that log in another device

    async def login_token(self, user_id: str, *, is_whole: bool) -> tuple[str, int]:
        """A token that works once, and for how many milliseconds.

        It `is_whole` where everything was proved that the account asks for.
        """
        token = "il_" + randomness.token(self._random, 40)
        await self._db.write(self._add_login_token, user_id, token_hash(token), is_whole)
        return token, self._settings.login_token_lifetime

    def _add_login_token(self, txn: Transaction, user_id: str, hash: bytes, is_whole: bool) -> None:
        now_ms = self._clock.now_ms()
        expires_ts = now_ms + self._settings.login_token_lifetime
        login_tokens.add(txn, hash, LoginToken(user_id, expires_ts, is_whole), now_ms)

    # -- inside

    def _add_tokens(
        self, txn: Transaction, login: Login, session: int, generation: int, *, refreshes: bool
    ) -> Login:
        now_ms, settings = self._clock.now_ms(), self._settings
        access = "ia_" + randomness.token(self._random, 40)
        lifetime = settings.access_token_lifetime if refreshes else None
        expires_ts = lifetime and now_ms + lifetime
        sessions.add_token(txn, session, token_hash(access), generation, False, expires_ts)
        if not refreshes:
            return evolve(login, access_token=access)
        refresh = "ir_" + randomness.token(self._random, 40)
        rest = settings.refresh_token_lifetime
        sessions.add_token(
            txn, session, token_hash(refresh), generation, True, rest and now_ms + rest
        )
        return evolve(login, access_token=access, refresh_token=refresh, expires_in_ms=lifetime)

    def _refresh(self, txn: Transaction, hash: bytes, client_id: str) -> Login | None:
        """None when the token has expired, or has been used before: then its session ends."""
        token, account = token_and_account(txn, hash)
        if token is None or not token.refreshes or account is None or account.is_deactivated:
            raise unknown_refresh_token()
        app = oauth_sessions.find(txn, token.session)
        if (app.client_id if app else "") != client_id:
            raise unknown_refresh_token()
        if account.is_locked:
            raise UserLocked()
        if token.has_expired(self._clock.now_ms()):
            return None
        if token.is_replaced:
            # Somebody else has it too. The device stays: its owner can log in to it again.
            sessions.end(txn, token.user_id, [token.device_id])
            txn.after_commit(lambda: self._known.forget(token.user_id))
            return None
        if token.is_first_use:
            self._confirm(txn, token)
        sessions.drop_generation(txn, token.session, token.generation + 1, keep=MAX_UNUSED)
        login = Login(token.user_id, token.device_id, "")
        return self._add_tokens(txn, login, token.session, token.generation + 1, refreshes=True)

    def _confirm(self, txn: Transaction, token: Token) -> None:
        sessions.confirm(txn, token.session, token.generation)
        txn.after_commit(lambda: self._known.forget(token.user_id))


def unknown_refresh_token() -> UnknownToken:
    return UnknownToken("This refresh token is not known.")


def token_and_account(txn: Transaction, hash: bytes) -> tuple[Token | None, Account | None]:
    token = sessions.find(txn, hash)
    return token, accounts.find(txn, token.user_id) if token else None


def requester_of(account: Account, device_id: str, session: int, appservice: str = "") -> Requester:
    return Requester(
        account.user_id,
        device_id,
        session,
        appservice,
        is_guest=account.is_guest,
        is_admin=account.is_admin,
        is_suspended=account.is_suspended,
        is_shadow_banned=account.is_shadow_banned,
        is_unlimited=account.is_unlimited,
    )
