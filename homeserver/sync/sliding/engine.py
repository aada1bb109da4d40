"""Sliding sync: waits for news in the rooms that a client looks at, then tells it.

Spec: MSC4186. Where a client stands is its token (`s<place>_<version>`) and what storage keeps of
the connection; docs/sync.md tells the whole of it.
"""

from attrs import evolve, frozen

from homeserver.clock import Clock
from homeserver.errors import MatrixError
from homeserver.json_values import encode
from homeserver.rooms.tokens import write_token
from homeserver.storage import sliding_connections
from homeserver.storage.database import Database
from homeserver.storage.memberships import Rooms
from homeserver.storage.sliding_connections import Change, Version
from homeserver.storage.transaction import Transaction
from homeserver.sync.acknowledging import acknowledge
from homeserver.sync.moves import Moves
from homeserver.sync.room_sections import Overtaken
from homeserver.sync.sliding.answers import Reply, SlidingAnswers, Start
from homeserver.sync.sliding.device_extensions import since_of
from homeserver.sync.sliding.wishes import SlidingWish
from homeserver.sync.waiting import Waiting

TRIES = 5
MAX_WAIT_MS = 600_000
NOTHING_YET = Version(0, 0)


class UnknownPos(MatrixError):
    errcode = "M_UNKNOWN_POS"

    def __init__(self) -> None:
        super().__init__(
            "This server does not know this position (any more). Begin anew, without 'pos'."
        )


@frozen(eq=False)
class SlidingSync:
    _db: Database
    _clock: Clock
    _moves: Moves
    _waiting: Waiting
    _answers: SlidingAnswers

    async def sync(self, wish: SlidingWish, timeout_ms: int) -> bytes:
        """The JSON of an answer: at once if there is news, else when some comes or time is up."""
        until_ms = self._clock.now_ms() + min(timeout_ms, MAX_WAIT_MS)
        start = await self._db.glance(self._start, wish)
        if start.is_due:
            now_ms = self._clock.now_ms()
            await self._db.write(sliding_connections.touch, wish.device, wish.conn_id, now_ms)
        await self._acknowledge(wish)
        pending: Change | None = None
        while True:
            reply = await self._make(wish, start)
            if reply.change is not None:
                pending = merged(pending, reply.change)
            left_ms = until_ms - self._clock.now_ms()
            if reply.is_news or left_ms <= 0:
                return await self._finish(wish, start, reply, pending)
            start = follow_up(start, reply)
            while not self._may_have_news(wish, start.since):
                left_ms = until_ms - self._clock.now_ms()
                if left_ms <= 0:
                    break
                await self._waiting.wait(wish.requester.user_id, left_ms / 1000)

    def _start(self, txn: Transaction, wish: SlidingWish) -> Start:
        """May raise UnknownPos."""
        if not wish.pos:
            return Start(NOTHING_YET, 0)
        place, number = read_pos(wish.pos)
        connection = sliding_connections.load(txn, wish.device, wish.conn_id)
        version = connection.version(number) if connection else None
        if connection is None or version is None:
            raise UnknownPos
        if not version.place <= place <= self._db.position:
            raise UnknownPos
        return Start(version, place, connection.is_due(self._clock.now_ms()))

    async def _acknowledge(self, wish: SlidingWish) -> None:
        """A token of messages to the device says that all before it have arrived."""
        extension, requester = wish.extensions.to_device, wish.requester
        if extension is None or not extension.since or not requester.device_id:
            return
        since = min(since_of(extension), self._db.position)
        await acknowledge(self._db, requester.user_id, requester.device_id, since)

    def _may_have_news(self, wish: SlidingWish, since: int) -> bool:
        user_id = wish.requester.user_id
        rooms: Rooms | None = self._db.memory.rooms_of_users.get(user_id)
        return rooms is None or self._moves.anything(user_id, rooms, since)

    async def _make(self, wish: SlidingWish, start: Start) -> Reply:
        """Here, unless rows must be read."""
        for _ in range(TRIES):
            try:
                upto = self._db.position
                if start.base.number == 0 or start.since < self._moves.floor:
                    return await self._db.read(self._answers.build, wish, start, upto)
                return await self._db.glance(self._answers.build, wish, start, upto)
            except Overtaken:
                continue
        raise MatrixError("Too much is happening at once. Try again.", status=503)

    async def _finish(
        self, wish: SlidingWish, start: Start, reply: Reply, change: Change | None
    ) -> bytes:
        """Keep what the client will have, before it gets it."""
        number = start.base.number
        if change is not None:
            number = await self._save(wish, number, change, reply.upto)
        self._answers.settle(reply, number)
        return encode({"pos": f"{write_token(reply.upto)}_{number}", **reply.body})

    async def _save(self, wish: SlidingWish, base: int, change: Change, place: int) -> int:
        where, now_ms = (wish.device, wish.conn_id), self._clock.now_ms()
        if base == 0:
            begun = await self._db.write(sliding_connections.begin, *where, change, place, now_ms)
            return begun.number
        followed = await self._db.write(
            sliding_connections.go_on, *where, base, change, place, now_ms
        )
        if followed is None:
            raise UnknownPos
        return followed.number


def follow_up(start: Start, reply: Reply) -> Start:
    """Up to there is nothing to tell, and will never be: the next look goes on from there."""
    base = start.base
    if reply.change is not None:
        base = reply.change.after(base, base.number, base.place)
    return evolve(start, base=base, since=reply.upto)


def merged(earlier: Change | None, later: Change) -> Change:
    if earlier is None:
        return later
    return Change({**earlier.rooms, **later.rooms}, later.extensions)


def read_pos(pos: str) -> tuple[int, int]:
    """The place and the version; may raise UnknownPos."""
    place, _, number = pos.removeprefix("s").partition("_")
    if not all(text.isascii() and text.isdigit() and len(text) <= 18 for text in (place, number)):
        raise UnknownPos
    return int(place), int(number)
