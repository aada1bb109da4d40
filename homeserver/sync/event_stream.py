"""Events as they come, of all rooms of a user or of one. Spec: `GET /events`, old and for peeks."""

from collections.abc import Iterable

from attrs import frozen

from homeserver.clock import Clock
from homeserver.events.filters import RoomEventFilter
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject
from homeserver.rooms.paging import wanted_of
from homeserver.rooms.reading import open_room
from homeserver.rooms.shown import Look
from homeserver.rooms.tokens import write_token
from homeserver.storage import events, memberships
from homeserver.storage.database import Database
from homeserver.storage.events import Stored
from homeserver.storage.transaction import Transaction
from homeserver.sync.moves import Moves
from homeserver.sync.waiting import Waiting

MOST = 100
"""Events in one answer."""
PEEK_SECONDS = 5.0
"""Rooms do not wake those who only look in: they look again after this time."""
MAX_WAIT_MS = 120_000
EVERYTHING = RoomEventFilter()


@frozen(eq=False)
class EventStream:
    _db: Database
    _clock: Clock
    _moves: Moves
    _waiting: Waiting

    async def events(
        self, requester: Requester, start: int | None, timeout_ms: int, room_id: str | None
    ) -> JsonObject:
        """What came behind `start` (a place; None is now), as soon as something has come."""
        after = self._db.position if start is None else start
        until_ms = self._clock.now_ms() + min(timeout_ms, MAX_WAIT_MS)
        while True:
            end, chunk = await self._db.read(self._build, requester, after, room_id)
            left_ms = until_ms - self._clock.now_ms()
            if chunk or left_ms <= 0:
                return {"start": write_token(after), "end": write_token(end), "chunk": chunk}
            if not self._has_moved(requester.user_id, room_id, end):
                seconds = left_ms / 1000
                await self._waiting.wait(
                    requester.user_id, seconds if room_id is None else min(seconds, PEEK_SECONDS)
                )

    def _has_moved(self, user_id: str, room_id: str | None, end: int) -> bool:
        """Whether something came while the answer was made, which therefore wakes nobody."""
        rooms = self._db.memory.rooms_of_users.get(user_id) or ()
        return self._moves.anything(user_id, rooms if room_id is None else (room_id,), end)

    def _build(
        self, txn: Transaction, requester: Requester, after: int, room_id: str | None
    ) -> tuple[int, list[object]]:
        """Where the answer ends, and what is in it."""
        look = Look(requester.user_id, requester.device_name, self._clock.now_ms())
        found: list[tuple[Stored, object]] = []
        end = max(after, txn.position)
        for id in self._rooms(txn, requester.user_id, after) if room_id is None else [room_id]:
            reading = open_room(txn, look, id)
            newer = events.after(txn, reading.head.room, after, MOST, min(end, reading.upto))
            seen = wanted_of(reading, EVERYTHING, newer)
            found += zip((one.stored for one in seen), reading.show(seen), strict=True)
            if len(newer) == MOST:
                # Of this room more follows, so no room is told of beyond this place.
                end = newer[-1].place or 0
        told = sorted((f for f in found if (f[0].place or 0) <= end), key=lambda f: f[0].place or 0)
        return end, [shown for _, shown in told]

    def _rooms(self, txn: Transaction, user_id: str, after: int) -> Iterable[str]:
        for room_id, membership in memberships.of_user(txn, user_id).items():
            if membership.membership == "join" and self._moves.room_moved(room_id, after):
                yield room_id
