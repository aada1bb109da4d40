"""What is agreed to in the browser, for apps that cannot ask for a password.

Spec: Client-Server API, "OAuth authentication".
"""

from attrs import frozen

from homeserver.clock import Clock
from homeserver.errors import Forbidden
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject, JsonValue
from homeserver.storage import (
    cross_signing_approvals,
    oauth_sessions,
)
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.users.browsers import Still
from homeserver.users.guesses import Place
from homeserver.users.interactive_auth import OAUTH, SSO, Flows, Ways
from homeserver.users.ways_to_prove import needs_browser

OAUTH_BEFORE = "org.matrix.cross_signing_reset"
"""What the stage was called before MSC4312."""

BY_BROWSER: Flows = ((OAUTH,), (OAUTH_BEFORE,))
LIFETIME_MS = 10 * 60_000


@frozen
class Approvals:
    """`_url` is the page where users agree; `_ways` how they prove who they are otherwise."""

    _db: Database
    _clock: Clock
    _ways: Ways
    _url: str

    async def approve(self, user_id: str, still: Still) -> None:
        await self._db.write(self._approve, user_id, still)

    def _approve(self, txn: Transaction, user_id: str, still: Still) -> None:
        still(txn)
        cross_signing_approvals.add(txn, user_id, self._clock.now_ms() + LIFETIME_MS)

    async def flows(self, requester: Requester) -> Flows:
        """How this session proves that its user wants new cross-signing keys."""
        if await self._db.glance(oauth_sessions.find, requester.session):
            return BY_BROWSER
        ways = await self._ways(requester.user_id)
        if await self._db.glance(needs_browser, requester.user_id):
            return (*BY_BROWSER, *(it for it in ways if it == (SSO,)))
        return ways

    def params(self) -> JsonObject | None:
        return {"url": self._url}

    async def check(self, auth: JsonObject, user_id: str, place: Place) -> JsonValue:
        now_ms = self._clock.now_ms()
        if not await self._db.write(cross_signing_approvals.take, user_id, now_ms):
            raise Forbidden(f"First agree in the browser: {self._url}")
        return True
