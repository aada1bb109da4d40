"""Registration by tools that know a secret: nonce and HMAC, as Synapse's tools speak it."""

import hmac
from hashlib import sha1

from attrs import frozen

from homeserver.clock import Clock
from homeserver.errors import Forbidden, MatrixError
from homeserver.randomness import Random
from homeserver.storage.accounts import Account
from homeserver.users.registration import Workshop
from homeserver.users.sessions import DeviceWish, Login

NONCE_MS = 60_000
MAX_NONCES = 1000


@frozen(kw_only=True)
class SignedWish:
    """A new user as a tool describes it; `mac` is hexadecimal."""

    nonce: str
    username: str
    password: str
    mac: str
    admin: bool = False
    display_name: str | None = None
    user_type: str | None = None
    inhibit_login: bool = False

    def signed_text(self) -> bytes:
        parts = [self.nonce, self.username, self.password, "admin" if self.admin else "notadmin"]
        if self.user_type:
            parts.append(self.user_type)
        return "\0".join(parts).encode("utf-8", "replace")


class SharedSecretRegistration:
    def __init__(
        self, workshop: Workshop, clock: Clock, random: Random, secret: str | None
    ) -> None:
        self._workshop = workshop
        self._clock = clock
        self._random = random
        self._secret = secret
        self._nonces: dict[str, int] = {}

    def nonce(self) -> str:
        """Good for one registration within a minute."""
        self._known_secret()
        now_ms = self._clock.now_ms()
        while self._nonces:
            oldest = next(iter(self._nonces))
            if self._nonces[oldest] > now_ms and len(self._nonces) < MAX_NONCES:
                break
            del self._nonces[oldest]
        nonce = self._random(32).hex()
        self._nonces[nonce] = now_ms + NONCE_MS
        return nonce

    async def register(self, wish: SignedWish) -> Login:
        secret = self._known_secret()
        if self._nonces.pop(wish.nonce, 0) <= self._clock.now_ms():
            raise MatrixError("The nonce is unknown or too old. Ask for another.")
        expected = hmac.new(secret.encode(), wish.signed_text(), sha1).hexdigest()
        if not hmac.compare_digest(expected.encode(), wish.mac.lower().encode("utf-8", "replace")):
            raise Forbidden("The HMAC is wrong.")
        return await self._make(wish)

    async def _make(self, wish: SignedWish) -> Login:
        """The operator's own choice of password is taken as it is, however weak."""
        user_id = self._workshop.usernames.user_id(wish.username)
        await self._workshop.accounts.check_free(user_id)
        account = Account(
            user_id=user_id,
            created_ts=self._clock.now_ms(),
            password_hash=await self._workshop.passwords.hash(wish.password),
            user_type=wish.user_type,
            is_admin=wish.admin,
        )
        device = None if wish.inhibit_login else DeviceWish()
        return await self._workshop.make(account, device, wish.display_name)

    def _known_secret(self) -> str:
        if not self._secret:
            raise MatrixError("Registration by shared secret is not enabled.")
        return self._secret
