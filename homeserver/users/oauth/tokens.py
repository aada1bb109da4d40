"""Tokens for codes, and new ones for old. Spec: "Grant types" and "Token revocation"."""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest

from attrs import frozen

from homeserver.clock import Clock
from homeserver.devices.devices import Devices
from homeserver.errors import UnknownToken
from homeserver.storage import (
    accounts,
    oauth_codes,
    oauth_device_codes,
    oauth_sessions,
    provider_sessions,
    sessions,
)
from homeserver.storage.database import Database
from homeserver.storage.oauth_sessions import OAuthSession
from homeserver.storage.transaction import Transaction
from homeserver.users.appservices import token_hash
from homeserver.users.login import check_may_log_in
from homeserver.users.oauth.clients import Client
from homeserver.users.oauth.errors import OAuthError, invalid_grant
from homeserver.users.oauth.scopes import read_scope
from homeserver.users.sessions import DeviceWish, Login, Sessions, UserDeactivated, UserLocked

POLL_SECONDS = 5
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@frozen(kw_only=True)
class Exchange:
    """A code that an app brings, from where it does."""

    code: str
    redirect_uri: str
    verifier: str
    ip: str
    user_agent: str


@frozen
class Tokens:
    _db: Database
    _clock: Clock
    _sessions: Sessions
    _devices: Devices

    async def for_code(self, client: Client, exchange: Exchange) -> tuple[Login, str]:
        """The login, and what it was granted for; raises OAuthError."""
        granted = await self._db.write(self._for_code, client, exchange)
        if granted is None:
            raise invalid_grant("This code has been used before. What it gave is taken back.")
        return granted

    async def for_device(
        self, client: Client, device_code: str, ip: str, user_agent: str
    ) -> tuple[Login, str]:
        answer = await self._db.write(
            self._for_device, client, token_hash(device_code), ip, user_agent
        )
        if isinstance(answer, OAuthError):
            raise answer
        return answer

    async def for_refresh(self, client: Client, refresh_token: str) -> Login:
        try:
            return await self._sessions.refresh(refresh_token, client.id)
        except (UnknownToken, UserLocked) as error:
            raise invalid_grant(error.message) from None

    async def revoke(self, token: str) -> None:
        """End the login of a token, of either kind; unknown ones are no error."""
        hash = token_hash(token)
        if await self._db.glance(sessions.find, hash) is not None:
            await self._db.write(self._revoke, hash)

    # -- inside

    def _for_code(
        self, txn: Transaction, client: Client, exchange: Exchange
    ) -> tuple[Login, str] | None:
        hash = token_hash(exchange.code)
        code = oauth_codes.find(txn, hash)
        if code is None or code.client_id != client.id:
            raise invalid_grant("This code is not known.")
        if code.session is not None:
            self._end(txn, code.user_id, code.session)
            return None
        if code.expires_ts <= self._clock.now_ms():
            raise invalid_grant("This code is too old.")
        if code.redirect_uri != exchange.redirect_uri:
            raise invalid_grant("'redirect_uri' is not that of the authorization request.")
        if not proves(exchange.verifier, code.challenge):
            raise invalid_grant("'code_verifier' does not belong to the challenge.")
        wish = device_wish(client, code.scope, exchange.ip, exchange.user_agent)
        login, session = self._open(txn, client, code.user_id, code.scope, wish)
        oauth_codes.exchanged(txn, hash, session)
        provider_sessions.opened(txn, hash, login.device_id)
        return login, code.scope

    def _for_device(
        self, txn: Transaction, client: Client, hash: bytes, ip: str, user_agent: str
    ) -> tuple[Login, str] | OAuthError:
        code, now_ms = oauth_device_codes.find(txn, hash), self._clock.now_ms()
        if code is None or code.client_id != client.id:
            return invalid_grant("This code is not known.")
        if code.expires_ts <= now_ms:
            return OAuthError("expired_token", "Nobody has agreed in time.")
        if code.is_denied:
            oauth_device_codes.remove(txn, hash)
            return OAuthError("access_denied", "The user did not agree.")
        if code.user_id is None:
            oauth_device_codes.polled(txn, hash, now_ms)
            if now_ms - code.polled_ts < POLL_SECONDS * 1000:
                return OAuthError("slow_down", f"Ask every {POLL_SECONDS} seconds.")
            return OAuthError("authorization_pending", "The user has not agreed yet.")
        oauth_device_codes.remove(txn, hash)
        wish = device_wish(client, code.scope, ip, user_agent)
        login, _ = self._open(txn, client, code.user_id, code.scope, wish)
        provider_sessions.opened(txn, hash, login.device_id)
        return login, code.scope

    def _open(
        self, txn: Transaction, client: Client, user_id: str, scope: str, wish: DeviceWish
    ) -> tuple[Login, int]:
        try:
            check_may_log_in(accounts.find(txn, user_id))
        except (UserLocked, UserDeactivated) as error:
            raise invalid_grant(error.message) from None
        login = self._sessions.open(txn, user_id, wish)
        token = sessions.find(txn, token_hash(login.access_token))
        assert token is not None
        oauth_sessions.add(txn, token.session, OAuthSession(client.id, scope))
        return login, token.session

    def _revoke(self, txn: Transaction, hash: bytes) -> None:
        if (token := sessions.find(txn, hash)) is not None:
            self._devices.remove(txn, token.user_id, [token.device_id])

    def _end(self, txn: Transaction, user_id: str, session: int) -> None:
        if (device_id := sessions.device_of(txn, session)) is not None:
            self._devices.remove(txn, user_id, [device_id])


def device_wish(client: Client, scope: str, ip: str, user_agent: str) -> DeviceWish:
    return DeviceWish(
        device_id=read_scope(scope).device_id,
        display_name=client.name,
        refreshes=True,
        ip=ip,
        user_agent=user_agent,
    )


def proves(verifier: str, challenge: str) -> bool:
    """RFC 7636, section 4.6."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
    return compare_digest(digest, challenge.encode())
