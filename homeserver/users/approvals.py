"""What is agreed to in the browser, for apps that cannot ask for a password.

Spec: Client-Server API, "OAuth authentication".
"""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.errors import Forbidden
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject, JsonValue
from homeserver.storage import (
    accounts,
    cross_signing_approvals,
    external_ids,
    oauth_sessions,
    second_factors,
)
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.users.browsers import Still
from homeserver.users.guesses import Place
from homeserver.users.interactive_auth import BY_PASSWORD, OAUTH, Flows
from homeserver.users.sso.identities import LDAP

OAUTH_BEFORE = "org.matrix.cross_signing_reset"
"""What the stage was called before MSC4312."""

BY_BROWSER: Flows = ((OAUTH,), (OAUTH_BEFORE,))
LIFETIME_MS = 10 * 60_000


@frozen
class Approvals:
    """`_url` is the page where users agree."""

    _db: Database
    _clock: Clock
    _url: str

    async def approve(self, user_id: str, still: Still) -> None:
        await self._db.write(self._approve, user_id, still)

    def _approve(self, txn: Transaction, user_id: str, still: Still) -> None:
        still(txn)
        cross_signing_approvals.add(txn, user_id, self._clock.now_ms() + LIFETIME_MS)

    async def flows(self, requester: Requester) -> Flows:
        """How this session proves that its user wants new cross-signing keys."""
        found = await self._db.glance(oauth_sessions.find, requester.session)
        has_more = await self._db.glance(second_factors.is_on, requester.user_id)
        has_password = await self._db.glance(opened_by_password, requester.user_id)
        return BY_PASSWORD if has_password and not (found or has_more) else BY_BROWSER

    def params(self) -> JsonObject | None:
        return {"url": self._url}

    async def check(self, auth: JsonObject, user_id: str, place: Place) -> JsonValue:
        now_ms = self._clock.now_ms()
        if not await self._db.write(cross_signing_approvals.take, user_id, now_ms):
            raise Forbidden(f"First agree in the browser: {self._url}")
        return True


def opened_by_password(txn: Transaction, user_id: str) -> bool:
    """Not the accounts that only a provider opens."""
    account = accounts.find(txn, user_id)
    if account is None or account.password_hash is not None:
        return True
    providers = {it.provider for it in external_ids.of_user(txn, user_id)}
    return not providers or LDAP in providers
