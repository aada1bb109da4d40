"""GET /sync: waits for news, then tells what is new."""

from attrs import evolve, frozen

from homeserver.clock import Clock
from homeserver.errors import MatrixError
from homeserver.storage import to_device
from homeserver.storage.database import Database
from homeserver.storage.memberships import Rooms
from homeserver.sync.acknowledging import acknowledge
from homeserver.sync.answers import Answer, Answers, Bounds, Overtaken, nothing_new
from homeserver.sync.key_counts import key_counts
from homeserver.sync.moves import Moves
from homeserver.sync.view import SyncWish
from homeserver.sync.waiting import Waiting

TO_DEVICE_LIMIT = 200
TRIES = 5
MAX_WAIT_MS = 600_000


@frozen(eq=False)
class SyncEngine:
    _db: Database
    _clock: Clock
    _moves: Moves
    _waiting: Waiting
    _answers: Answers

    async def sync(self, wish: SyncWish, timeout_ms: int) -> bytes:
        """The JSON of an answer: at once if there is news, else when some comes or time is up."""
        until_ms = self._clock.now_ms() + min(timeout_ms, MAX_WAIT_MS)
        if wish.since > self._db.position:
            # Of a database that has been put back to an older state: only all of it will do.
            wish = evolve(wish, since=0)
        requester = wish.requester
        if requester.device_id and not wish.is_first:
            await acknowledge(self._db, requester.user_id, requester.device_id, wish.since)
        while True:
            if self._may_have_news(wish):
                answer = await self._make(wish)
                if answer.is_news or self._clock.now_ms() >= until_ms:
                    return answer.body
                # Up to there is nothing, and will never be: the next look goes on from there.
                wish = evolve(wish, since=answer.upto)
                continue
            left_ms = until_ms - self._clock.now_ms()
            if left_ms <= 0:
                return await self._nothing_new(wish)
            await self._waiting.wait(requester.user_id, left_ms / 1000)

    async def _nothing_new(self, wish: SyncWish) -> bytes:
        place, requester = self._db.position, wish.requester
        counts = await self._db.glance(key_counts, requester.user_id, requester.device_id)
        return nothing_new(place, counts)

    def _may_have_news(self, wish: SyncWish) -> bool:
        if wish.is_first or wish.full_state:
            return True
        rooms: Rooms | None = self._db.memory.rooms_of_users.get(wish.requester.user_id)
        return rooms is None or self._moves.anything(wish.requester.user_id, rooms, wish.since)

    async def _make(self, wish: SyncWish) -> Answer:
        """Here, unless rows must be read.

        Where it ends is settled here too: memory knows all up to this place.
        """
        for limit in (TO_DEVICE_LIMIT, *[to_device.MAX_WAITING] * TRIES):
            try:
                if wish.is_first or wish.full_state or wish.since < self._moves.floor:
                    bounds = Bounds(self._db.position, limit)
                    return await self._db.read(self._answers.build, wish, bounds)
                moved = frozenset(self._moves.rooms_since(wish.since))
                bounds = Bounds(self._db.position, limit, moved)
                return await self._db.glance(self._answers.build, wish, bounds)
            except Overtaken:
                continue
        raise MatrixError("Too much is happening at once. Try again.", status=503)
