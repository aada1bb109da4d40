"""Tokens that prove to other services who a user is. Spec: Client-Server API, "OpenID"."""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.json_values import JsonObject
from homeserver.randomness import Random, token
from homeserver.storage import accounts, openid_tokens
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

LIFETIME_MS = 3_600_000


@frozen
class OpenId:
    _db: Database
    _clock: Clock
    _random: Random
    _server_name: str

    async def request_token(self, user_id: str) -> JsonObject:
        """Credentials that a service exchanges for the user's id, at our federation API."""
        secret = token(self._random)
        await self._db.write(self._save, secret, user_id, self._clock.now_ms())
        return {
            "access_token": secret,
            "token_type": "Bearer",
            "matrix_server_name": self._server_name,
            "expires_in": LIFETIME_MS // 1000,
        }

    async def owner(self, token: str) -> str | None:
        """The user whose token it is; None if it is unknown or too old, or
        the user may not come in.
        """
        return await self._db.glance(self._owner, token)

    def _owner(self, txn: Transaction, token: str) -> str | None:
        user_id = openid_tokens.owner(txn, token, self._clock.now_ms())
        account = accounts.find(txn, user_id) if user_id else None
        if account is None or account.is_locked or account.is_deactivated:
            return None
        return user_id

    def _save(self, txn: Transaction, token: str, user_id: str, now_ms: int) -> None:
        openid_tokens.delete_expired(txn, now_ms)
        openid_tokens.save(txn, token, user_id, now_ms + LIFETIME_MS)
