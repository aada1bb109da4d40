"""Checks before a delayed leave is taken into our hands."""

from attrs import frozen

from homeserver.calls.leaves import Leaves
from homeserver.calls.seats import Claim
from homeserver.clock import Clock
from homeserver.errors import InvalidParam, NotFound
from homeserver.events.ids import domain_of
from homeserver.rooms.delayed_events import DelayedEvents
from homeserver.storage import call_seats
from homeserver.storage.call_seats import Leave
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

MIN_DELAY_MS = 5_000
MAX_DELAY_MS = 31 * 86_400_000
MAX_URL = 500


@frozen
class LeaveWish:
    """As clients name it that show OpenID tokens: the delay in ms, and where the leave is kept."""

    delay_id: str
    delay_ms: int
    base_url: str


@frozen(eq=False)
class LeaveHanding:
    _db: Database
    _clock: Clock
    _server_name: str
    _delayed: DelayedEvents
    _leaves: Leaves

    async def take_own(self, claim: Claim, delay_id: str) -> None:
        """For a user of ours: the leave is among our own delayed events."""
        try:
            delayed = await self._delayed.find(claim.user_id, delay_id)
        except NotFound:
            raise InvalidParam("You have no delayed event with this 'delay_id'.") from None
        if delayed.room_id != claim.room_id:
            raise InvalidParam("This delayed event belongs to another room.")
        if delayed.is_finalised:
            raise InvalidParam("This delayed event was sent or cancelled already.")
        await self._take(claim, LeaveWish(delay_id, delayed.delay, ""))

    async def take_foreign(self, claim: Claim, wish: LeaveWish) -> None:
        """Users of other servers name theirs; what ours name is their own server."""
        if domain_of(claim.user_id) == self._server_name:
            await self.take_own(claim, wish.delay_id)
            return
        if not wish.base_url.startswith("https://") or len(wish.base_url) > MAX_URL:
            raise InvalidParam("'delay_cs_api_url' must be the https address of your homeserver.")
        base_url = wish.base_url.rstrip("/")
        await self._take(claim, LeaveWish(wish.delay_id, wish.delay_ms, base_url))

    async def _take(self, claim: Claim, wish: LeaveWish) -> None:
        if not MIN_DELAY_MS <= wish.delay_ms <= MAX_DELAY_MS:
            raise InvalidParam(f"The leave must be delayed by at least {MIN_DELAY_MS} ms.")
        leave = Leave(
            call=claim.seat.room,
            identity=claim.seat.identity,
            delay_id=wish.delay_id,
            delay_ms=wish.delay_ms,
            base_url=wish.base_url,
            given_ms=self._clock.now_ms(),
            present=False,
        )
        await self._db.read(_must_hold, claim)
        await self._leaves.take_over(leave)


def _must_hold(txn: Transaction, claim: Claim) -> None:
    if call_seats.holder(txn, claim.seat.room, claim.seat.identity) is None:
        raise InvalidParam("Ask for a token for this call first.")
