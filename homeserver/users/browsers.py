"""Browsers that are signed in to the pages of accounts."""

import hmac
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from secrets import token_bytes

from attrs import frozen

from homeserver import randomness
from homeserver.clock import Clock
from homeserver.errors import Forbidden
from homeserver.randomness import Random
from homeserver.storage import (
    account_languages,
    accounts,
    browser_sessions,
    provider_sessions,
    second_factors,
)
from homeserver.storage.accounts import Account
from homeserver.storage.browser_sessions import BrowserSession
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.users.appservices import token_hash
from homeserver.users.login import check_may_log_in
from homeserver.users.secrets import Secrets

LIFETIME_MS = 14 * 24 * 3600 * 1000
FRESH_MS = 5 * 60_000
"""So long a passkey that was shown stands for its owner when something grave is done."""
HALF_MS = 10 * 60_000
"""So long the second factor may take."""


Still = Callable[[Transaction], bytes]
"""Raises Forbidden where who acts has been signed out a moment ago; the hash of the cookie."""


@frozen
class Came:
    """From a session at a provider, which calls it `sid`, or does not say."""

    provider: str
    sid: str


@frozen
class Visitor:
    """The browser before somebody signs in: its cookie, and the language that it speaks."""

    cookie: str
    language: str


@frozen
class SignedIn:
    account: Account
    is_whole: bool
    has_just_shown_passkey: bool = False
    has_just_come: bool = False
    """Signed in a moment ago."""
    came_ts: int = 0
    """When this browser was signed in, with all steps."""

    @property
    def user_id(self) -> str:
        return self.account.user_id


@frozen(eq=False)
class Browsers:
    _db: Database
    _clock: Clock
    _random: Random
    _secrets: Secrets

    def new_cookie(self) -> str:
        return randomness.token(self._random, 40)

    async def find(self, cookie: str) -> SignedIn | None:
        """Who is signed in. Accounts that may not log in are signed out."""
        return await self._db.glance(self._find, token_hash(cookie))

    async def sign_in(
        self, user_id: str, visitor: Visitor, *, has_all: bool, came: Came | None = None
    ) -> tuple[str, bool]:
        """A new cookie, and whether nothing is missing: `has_all` says that both steps were taken.

        The cookie is new each time: one that was there before stands for nobody. `came` says from
        which session at a provider.
        """
        cookie = self.new_cookie()
        hash = token_hash(cookie)
        is_whole = await self._db.write(self._sign_in, user_id, hash, visitor, has_all, None, came)
        return cookie, is_whole

    def still(self, cookie: str) -> Still:
        """For the transactions of those who act for a browser that is signed in."""
        return partial(self._still, token_hash(cookie))

    async def sign_in_by_passkey(self, user_id: str, visitor: Visitor) -> str:
        """All steps at once."""
        cookie = self.new_cookie()
        hash, now_ms = token_hash(cookie), self._clock.now_ms()
        await self._db.write(self._sign_in, user_id, hash, visitor, True, now_ms)
        return cookie

    async def sign_out(self, cookie: str) -> None:
        await self._db.write(browser_sessions.remove, token_hash(cookie))

    async def form_token(self, cookie: str) -> str:
        """What forms carry to show that they come from our own page in this browser."""
        key = await self._secrets.get("forms", lambda: token_bytes(32))
        return hmac.new(key, cookie.encode("utf-8", "replace"), sha256).hexdigest()

    def _find(self, txn: Transaction, hash: bytes) -> SignedIn | None:
        session = browser_sessions.find(txn, hash, self._clock.now_ms())
        account = accounts.find(txn, session.user_id) if session else None
        if session is None or account is None or account.is_locked or account.is_deactivated:
            return None
        now_ms = self._clock.now_ms()
        came_ts = session.expires_ts - (LIFETIME_MS if session.is_whole else HALF_MS)
        return SignedIn(
            account,
            session.is_whole,
            (session.passkey_ts or 0) > now_ms - FRESH_MS,
            now_ms - came_ts < FRESH_MS,
            came_ts,
        )

    def _still(self, hash: bytes, txn: Transaction) -> bytes:
        signed_in = self._find(txn, hash)
        if signed_in is None or not signed_in.is_whole:
            raise Forbidden("This browser has been signed out meanwhile.")
        return hash

    def _sign_in(
        self,
        txn: Transaction,
        user_id: str,
        hash: bytes,
        visitor: Visitor,
        has_all: bool,
        passkey_ts: int | None = None,
        came: Came | None = None,
    ) -> bool:
        is_whole = has_all or not second_factors.is_on(txn, user_id)
        check_may_log_in(accounts.find(txn, user_id))
        now_ms = self._clock.now_ms()
        expires_ts = now_ms + (LIFETIME_MS if is_whole else HALF_MS)
        account_languages.save(txn, user_id, visitor.language)
        before = token_hash(visitor.cookie)
        browser_sessions.remove(txn, before)
        if came is not None:
            origin = (came.provider, came.sid)
            provider_sessions.begin(txn, origin, user_id, hash, now_ms, now_ms + LIFETIME_MS)
        else:
            # The second step goes on with the first.
            provider_sessions.move(txn, before, hash, user_id)
        session = BrowserSession(user_id, is_whole, expires_ts, passkey_ts)
        browser_sessions.add(txn, hash, session, now_ms)
        return is_whole
