"""Consent for devices that have no browser. Spec: "Device authorisation flow"; RFC 8628."""

from attrs import frozen

from homeserver import randomness
from homeserver.clock import Clock
from homeserver.randomness import Random
from homeserver.storage import oauth_device_codes, provider_sessions
from homeserver.storage.database import Database
from homeserver.storage.oauth_device_codes import DeviceCode
from homeserver.storage.transaction import Transaction
from homeserver.users.appservices import token_hash
from homeserver.users.browsers import Still
from homeserver.users.oauth.clients import DEVICE_CODE, Client, Clients
from homeserver.users.oauth.errors import OAuthError
from homeserver.users.oauth.scopes import Scope, read_scope
from homeserver.users.rate_limits import Limits

LIFETIME_MS = 20 * 60_000
KEPT_MS = 3_600_000
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Without vowels no word comes about, and no digit is taken for a letter."""


@frozen
class Waiting:
    """A device that waits for consent."""

    hash: bytes
    client: Client
    scope: Scope


@frozen
class DeviceGrants:
    _db: Database
    _clock: Clock
    _random: Random
    _clients: Clients
    _limits: Limits

    async def begin(self, client_id: str, scope: str) -> tuple[str, str]:
        """The code for the device, and the one that its user types."""
        client = await self._clients.find(client_id)
        if not client.may_use(DEVICE_CODE):
            raise OAuthError("unauthorized_client", "The app has not registered for this grant.")
        text, user_code = "id_" + randomness.token(self._random, 40), self._user_code()
        now_ms = self._clock.now_ms()
        granted = read_scope(scope).text
        expires_ts = now_ms + LIFETIME_MS
        code = DeviceCode(token_hash(text), client_id, granted, expires_ts, 0, None, False)
        await self._db.write(
            oauth_device_codes.add, code, token_hash(plain(user_code)), now_ms - KEPT_MS
        )
        return text, user_code

    async def find(self, user_code: str, user_id: str) -> Waiting | None:
        """The device whose code somebody who is signed in has typed; guesses are counted."""
        self._limits.check("device_code", user_id)
        hash = token_hash(plain(user_code))
        code = await self._db.glance(oauth_device_codes.by_user_code, hash)
        if code is None or not code.waits_at(self._clock.now_ms()):
            self._limits.take("device_code", user_id)
            return None
        client = await self._clients.find(code.client_id)
        return Waiting(code.hash, client, read_scope(code.scope))

    async def decide(self, waiting: Waiting, user_id: str | None, still: Still) -> bool:
        """Agree for a user, or deny; False if it has been decided before."""
        return await self._db.write(self._decide, waiting.hash, user_id, still)

    def _decide(self, txn: Transaction, hash: bytes, user_id: str | None, still: Still) -> bool:
        provider_sessions.pass_on(txn, still(txn), hash)
        return oauth_device_codes.decide(txn, hash, user_id)

    def _user_code(self) -> str:
        letters = ""
        while len(letters) < 8:
            # 240 is the largest multiple of 20 in a byte.
            letters += "".join(LETTERS[byte % 20] for byte in self._random(8) if byte < 240)
        return f"{letters[:4]}-{letters[4:8]}"


def plain(user_code: str) -> str:
    """However it was typed."""
    return "".join(letter for letter in user_code.upper()[:40] if letter in LETTERS)
