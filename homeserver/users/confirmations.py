"""What apps ask for is agreed to on our pages, by those who have just shown there who they are.

Spec: Client-Server API, "SSO during User-Interactive Authentication".
"""

from hmac import compare_digest

from attrs import evolve, frozen

from homeserver.clock import Clock
from homeserver.errors import Forbidden, NotFound
from homeserver.json_values import JsonObject, JsonValue
from homeserver.storage import interactive_auth
from homeserver.storage.database import Database
from homeserver.storage.interactive_auth import InteractiveSession
from homeserver.storage.transaction import Transaction
from homeserver.users.browsers import Still
from homeserver.users.guesses import Place
from homeserver.users.interactive_auth import LIFETIME_MS, SSO, Bodies, digest


@frozen
class AgreedOnPage:
    """The stage; clients that name it before the user has agreed hear where. `_url` goes there."""

    _url: str

    def params(self) -> JsonObject | None:
        return None

    async def check(self, auth: JsonObject, user_id: str, place: Place) -> JsonValue:
        raise Forbidden(f"First agree in the browser: {self._url}?session=...")


@frozen
class Wish:
    """What an app asks for; `digest` names it letter for letter."""

    operation: str
    body: JsonObject
    begun_ts: int

    @property
    def digest(self) -> str:
        return digest(self.body).hex()


class OfSomebodyElse(Forbidden):
    def __init__(self) -> None:
        super().__init__("An app of another account asked for this.")


@frozen
class Confirmations:
    _db: Database
    _clock: Clock
    _bodies: Bodies

    async def wish(self, session_id: str, user_id: str) -> Wish:
        """Raises NotFound or OfSomebodyElse."""
        oldest_ts = self._clock.now_ms() - LIFETIME_MS
        session = await self._db.glance(interactive_auth.find, session_id, oldest_ts)
        return self._wish(session, user_id)

    async def agree(self, session_id: str, user_id: str, shown: str, still: Still) -> None:
        """To what was `shown`, by its digest, and nothing else; raises Forbidden or NotFound."""
        await self._db.write(self._agree, session_id, user_id, shown, still)

    def _agree(
        self, txn: Transaction, session_id: str, user_id: str, shown: str, still: Still
    ) -> None:
        still(txn)
        oldest_ts = self._clock.now_ms() - LIFETIME_MS
        session = interactive_auth.find(txn, session_id, oldest_ts)
        wish = self._wish(session, user_id)
        if session is None or not compare_digest(wish.digest.encode(), shown.encode()):
            raise gone()
        completed = {**session.completed, SSO: user_id}
        proved = evolve(session, completed=completed, request=bytes.fromhex(wish.digest))
        interactive_auth.complete(txn, proved)

    def _wish(self, session: InteractiveSession | None, user_id: str) -> Wish:
        if session is None or not session.user_id:
            raise gone()
        if session.user_id != user_id:
            raise OfSomebodyElse()
        body = self._bodies.find(session.id)
        if body is None:
            raise gone()
        return Wish(session.operation, body, session.created_ts)


def gone() -> NotFound:
    return NotFound("The app asks for something else by now, or for nothing any more.")
