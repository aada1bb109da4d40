"""Follows the rooms: what notifies somebody is queued for his pushers, after the commit.

What is queued, and up to where the follower has come, are written together: so a crash loses
nothing and queues nothing twice. As long as nobody is notified, nothing is written.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from attrs import frozen
from twisted.internet.defer import Deferred

from homeserver.changes import MembershipMoved, PushersChanged
from homeserver.clock import Clock
from homeserver.delivery.push.evaluating import Arrival, Notice, notices
from homeserver.delivery.push.watchers import Watch, Watchers
from homeserver.logs import logger
from homeserver.notifier import Notifier
from homeserver.rooms.timeline import Appended
from homeserver.storage import events, followers, heads, memberships, passed_events, push_queue
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction

FOLLOWER = "push"
AT_ONCE = 100
MAX_IN_MEMORY = 10_000
UNSAVED = 5_000
"""Places of the number line that notify nobody and are not worth a write."""
RETRY_S = 30.0

log = logger(__name__)


@frozen
class Moved:
    """Somebody's membership of a room changed otherwise than by an event that entered it."""

    place: int
    user_id: str
    room_id: str


@frozen
class Portion:
    """A part of the number line, which ends at `place`, and whom it notifies."""

    found: Sequence[Notice]
    place: int


class Arrivals:
    """`wake` is told each pusher for which something was queued."""

    def __init__(
        self, db: Database, clock: Clock, watchers: Watchers, wake: Callable[[Watch], None]
    ) -> None:
        self._db = db
        self._clock = clock
        self._watchers = watchers
        self._wake = wake
        self._pending: deque[Arrival | Moved] = deque()
        self._place = self._saved = 0
        self._is_running = self._is_busy = self._is_behind = False
        self._has_failed = False

    def listen(self, notifier: Notifier) -> None:
        notifier.listen(PushersChanged, lambda change: self._watchers.changed(change.user_id))
        notifier.listen(Appended, self._appended)
        notifier.listen(MembershipMoved, self._moved)
        notifier.listen_afterwards(self._told)

    async def start(self) -> None:
        """Go on where the last process stopped; what came since then is read again."""
        saved = await self._db.read(followers.place, FOLLOWER)
        if saved is None:
            saved = self._db.position
            await self._db.write(followers.save, FOLLOWER, saved)
        await self._db.write(passed_events.forget_quiet, saved)
        self._place = self._saved = saved
        self._pending.clear()
        self._is_running = self._is_behind = True
        self._told()

    async def stop(self) -> None:
        """Before the database is closed."""
        if self._is_running and not (self._is_busy or self._is_behind or self._pending):
            await self._db.write(followers.save, FOLLOWER, max(self._place, self._db.position))
        self._is_running = False

    def _appended(self, change: Appended) -> None:
        if self._watchers and not change.is_quiet:
            self._add(Arrival(change.position, change.stored, change.head))

    def _moved(self, change: MembershipMoved) -> None:
        if self._watchers:
            self._add(Moved(change.position, change.user_id, change.room_id))

    def _add(self, it: Arrival | Moved) -> None:
        if self._is_running and not self._is_behind:
            self._pending.append(it)
            if len(self._pending) > MAX_IN_MEMORY:
                # The rows know it all.
                self._pending.clear()
                self._is_behind = True

    def _told(self) -> None:
        if self._is_running and not self._is_busy:
            if not (self._pending or self._is_behind):
                self._place = self._db.position
                if self._place - self._saved < UNSAVED:
                    return
            self._is_busy = True
            Deferred.fromCoroutine(self._run())

    async def _run(self) -> None:
        try:
            await self._go_on()
        except Exception:
            log.exception("notifications are late; this is tried again")
            self._pending.clear()
            # The second try, at once, reads the rows and passes over what cannot be evaluated.
            wait_s = RETRY_S if self._has_failed else 0
            self._is_behind = self._has_failed = True
            self._clock.call_later(wait_s, self._told)
        finally:
            self._is_busy = False

    async def _go_on(self) -> None:
        while self._is_running:
            await self._watchers.refresh()
            if self._is_behind:
                portion = await self._read_on()
            elif self._pending:
                taken = [self._pending.popleft() for _ in range(min(AT_ONCE, len(self._pending)))]
                place = max(taken[-1].place, self._place)
                found = await self._db.glance(self._evaluate, taken)
                portion = Portion(found, place)
            else:
                if self._place - self._saved >= UNSAVED:
                    await self._save(Portion((), self._place))
                    continue
                return
            if portion.found:
                await self._save(portion)
            self._place = portion.place
            self._has_failed = self._has_failed and self._is_behind

    async def _read_on(self) -> Portion:
        upto = self._db.position
        portion = await self._db.read(self._passed, self._place, upto)
        if portion.place == upto:
            # From here on announcements tell what comes: none was made since `upto` was looked up
            # and is not in the rows, unless the position has moved.
            self._is_behind = self._db.position != upto
        return portion

    async def _save(self, portion: Portion) -> None:
        await self._db.write(queue, portion, self._clock.now_ms())
        self._saved = portion.place
        for pusher in {pusher for notice in portion.found for pusher in notice.pushers}:
            if (watch := self._watchers.find(pusher)) is not None:
                self._wake(watch)

    def _passed(self, txn: Transaction, after: int, upto: int) -> Portion:
        """The same from the rows, a part at a time."""
        if not self._watchers:
            return Portion((), upto)
        positions = passed_events.live(txn, after, upto, AT_ONCE)
        place = positions[-1] if len(positions) == AT_ONCE else upto
        found: list[Arrival | Moved] = []
        for stored in events.at_all(txn, positions).values():
            head = heads.load(txn, stored.event.room_id)
            if head is not None:
                found.append(Arrival(stored.order, stored, head))
        for moved, user_id, room_id in passed_events.invites(txn, after, place):
            found.append(Moved(moved, user_id, room_id))
        found.sort(key=lambda it: it.place)
        return Portion(self._evaluate(txn, found), place)

    def _evaluate(self, txn: Transaction, found: Iterable[Arrival | Moved]) -> list[Notice]:
        result: list[Notice] = []
        for it in found:
            try:
                arrival = it if isinstance(it, Arrival) else _invite(txn, it)
                if arrival is not None:
                    result += notices(txn, arrival, self._watchers)
            except Exception:
                if not self._has_failed:
                    raise
                log.exception("an event that cannot be evaluated notifies nobody")
        return result


def _invite(txn: Transaction, moved: Moved) -> Arrival | None:
    """The invite by which another server moved one of our users, if it was one."""
    own = memberships.of_user(txn, moved.user_id).get(moved.room_id)
    if own is None or own.membership != "invite" or own.moved != moved.place:
        return None
    stored = events.at(txn, own.position)
    return Arrival(moved.place, stored, None) if stored.place is None else None


def queue(txn: Transaction, portion: Portion, now_ms: int) -> None:
    for notice in portion.found:
        push_queue.add(txn, notice.pushers, notice.event, notice.tweaks, now_ms)
    followers.save(txn, FOLLOWER, portion.place)
