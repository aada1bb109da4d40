"""The queue of one application service: everything in order, nothing skipped, one at a time.

Spec: Application Service API, "Pushing events".
"""

from collections import deque
from collections.abc import Iterable

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from homeserver.appservices.courier import Courier
from homeserver.appservices.load import Beside, Item, Load
from homeserver.appservices.packing import Packing, Parcel
from homeserver.appservices.patience import Patience
from homeserver.appservices.recovery import Recovery, resume
from homeserver.clock import Clock
from homeserver.logs import logger
from homeserver.storage import appservices
from homeserver.storage.appservices import Pending, Silence
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction
from homeserver.users.appservices import AppService

MAX_EVENTS = 100
"""In a transaction."""
MAX_WAITING = 1_000
"""Events in memory; a service that lacks more reads on from the database."""
SAVE_AFTER_S = 1.0
SAVE_EVERY = 20_000
"""Places after which it is noted that there was nothing for the service."""

log = logger(__name__)


@frozen(eq=False)
class Means:
    """What every queue works with."""

    db: Database
    clock: Clock
    packing: Packing
    recovery: Recovery
    courier: Courier


class Queue:
    """Up to `_seen` everything has been sorted in. A queue that is behind looks for its next events
    in the database, until it has come to the present.
    """

    def __init__(self, service: AppService, means: Means, patience: Patience) -> None:
        self.service = service
        self._means = means
        self._patience = patience
        self._items: deque[Item] = deque()
        self._beside = Beside()
        self._pending: Pending | None = None
        self._counts: dict[str, int] = {}
        self._seen = self._saved = 0
        self._is_behind = self._is_ready = self._is_running = self._is_busy = False
        self._is_to_be_saved = self._is_save_planned = False
        self._since_ms: int | None = None
        self._retry: IDelayedCall | None = None
        means.courier.meter.watch(service.id, self.backlog_s, lambda: len(self._items))

    async def start(self) -> None:
        """Go on where the last process stopped."""
        db, id = self._means.db, self.service.id
        progress = await db.write(resume, id)
        self._seen = self._saved = progress.place
        self._pending = progress.pending
        self._patience.silence = progress.silence
        self._is_ready = self._is_behind = True
        looked = self._means.recovery.beside
        self._beside.add(await db.read(looked, self.service, progress.place))

    def begin(self) -> None:
        """Send what there is: who gets something asks back, so the ports must be open."""
        self._is_running = self._is_ready
        if (silence := self._patience.silence) is not None:
            self._wait(max(0, silence.retry_ts - self._means.clock.now_ms()))
        self.go()

    async def stop(self) -> None:
        """Begin nothing more. What is on its way may be repeated after the next start."""
        self._is_ready = self._is_running = False
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if not self._is_busy and self._pending is None and not self._items and self._saved:
            await self._save(self._seen if not self._is_behind else self._saved, None)

    async def retire(self) -> None:
        """Its service is no longer known here."""
        await self.stop()
        self._means.courier.meter.forget(self.service.id)

    def backlog_s(self) -> float:
        """How long the oldest of what is not delivered has waited."""
        since_ms = self._since_ms
        if since_ms is None and self._items:
            since_ms = self._items[0].since_ms
        if self._patience.silence is not None:
            since_ms = min(since_ms or 2**62, self._patience.silence.since_ts)
        return 0.0 if not since_ms else max(0, self._means.clock.now_ms() - since_ms) / 1000

    @property
    def is_silent(self) -> bool:
        return self._patience.silence is not None

    # -- what there is to tell

    def add(self, items: Iterable[Item], upto: int) -> None:
        """All events for the service up to a place of the number line; `go` sends them."""
        if self._is_behind or not self._is_ready:
            return
        self._items.extend(item for item in items if item.line > self._seen)
        self._seen = max(self._seen, upto)
        if len(self._items) > MAX_WAITING:
            self.fall_behind()

    def fall_behind(self) -> None:
        """Forget what waits in memory: the database knows it."""
        if self._items:
            self._seen = self._items[0].line - 1
            self._items.clear()
        self._is_behind = True

    def add_beside(self, beside: Beside) -> None:
        if self.is_silent:
            beside.forget_what_passes()
        self._beside.add(beside)

    def try_now(self) -> None:
        """The service seems to be there again."""
        if self._retry is not None and self._patience.may_hurry():
            self._retry.cancel()
            self._retry = None
            self.go()

    def go(self) -> None:
        if self._is_running and not self._is_busy and self._retry is None:
            if self._has_work:
                self._is_busy = True
                Deferred.fromCoroutine(self._run())
            elif self._seen - self._saved > SAVE_EVERY:
                self._save_later()

    # -- sending it

    @property
    def _has_work(self) -> bool:
        return bool(self._pending or self._items or self._beside or self._is_behind)

    async def _run(self) -> None:
        try:
            while self._is_running and self._has_work:
                if self._pending is None:
                    await self._prepare()
                if self._pending is not None and not await self._try(self._pending):
                    break
        except Exception:
            log.exception("the queue of %s stumbled and tries again", self.service.id)
            self._wait(self._patience.failed().wait_ms)
        finally:
            self._is_busy = False
        self._save_later()

    async def _try(self, pending: Pending) -> bool:
        if await self._means.courier.deliver(self.service, pending, self._counts):
            self._pending, self._since_ms, self._counts = None, None, {}
            self._is_to_be_saved = True
            if self.is_silent:
                self._patience.silence = None
                await self._note_silence(None)
            return True
        silence = self._patience.failed()
        self._beside.forget_what_passes()
        await self._note_silence(silence)
        self._wait(silence.wait_ms)
        return False

    async def _prepare(self) -> None:
        """Write down the next transaction, before anybody sees it."""
        if self._is_behind and len(self._items) < MAX_EVENTS:
            await self._look_back()
        load = self._take()
        try:
            parcel = await self._means.db.glance(self._means.packing.pack, self.service, load)
            if parcel is not None:
                self._pending = await self._write_down(parcel, load.upto)
        except BaseException:
            self._items.extendleft(reversed(load.items))
            self._beside.add(load.beside)
            raise

    async def _look_back(self) -> None:
        db = self._means.db
        found = await db.read(self._means.recovery.look_back, self.service, self._seen)
        self._items.extend(found.items)
        self._seen = found.upto
        # Whatever comes after this place has yet to be announced, and will be.
        self._is_behind = found.upto < db.position

    def _take(self) -> Load:
        taken = [self._items.popleft() for _ in range(min(MAX_EVENTS, len(self._items)))]
        beside, self._beside = self._beside, Beside()
        upto = taken[-1].line if self._items else self._seen
        if taken:
            self._since_ms = taken[0].since_ms or None
        return Load(taken, beside, upto)

    async def _write_down(self, parcel: Parcel, upto: int) -> Pending:
        pending = Pending(self._patience.new_id(), parcel.body)
        await self._means.db.write(_write_down, self.service.id, upto, pending, parcel)
        self._saved, self._is_to_be_saved = upto, False
        self._counts = parcel.counts
        self._beside.add(parcel.left)
        return pending

    # -- what goes wrong

    def _wait(self, wait_ms: int) -> None:
        if self._is_running and self._retry is None:
            self._retry = self._means.clock.call_later(wait_ms / 1000, self._wake)

    def _wake(self) -> None:
        self._retry = None
        self.go()

    async def _note_silence(self, silence: Silence | None) -> None:
        await self._means.db.write(appservices.save_silence, self.service.id, silence)

    # -- noting how far it has come: soon, and seldom

    def _save_later(self) -> None:
        is_due = self._is_to_be_saved or self._seen - self._saved > SAVE_EVERY
        if is_due and not self._is_save_planned:
            self._is_to_be_saved, self._is_save_planned = False, True
            self._means.clock.call_later(SAVE_AFTER_S, self._save_now)

    def _save_now(self) -> None:
        """Unless more is on its way: that notes it too."""
        self._is_save_planned = False
        if self._is_running and not self._is_busy and self._pending is None and not self._items:
            Deferred.fromCoroutine(self._save(self._seen, None)).addErrback(
                lambda failure: log.error("a queue was not saved: %s", failure.value)
            )

    async def _save(self, place: int, pending: Pending | None) -> None:
        self._saved = max(self._saved, place)
        await self._means.db.write(appservices.save, self.service.id, place, pending)


def _write_down(
    txn: Transaction, service: str, upto: int, pending: Pending, parcel: Parcel
) -> None:
    """From now on the messages in it belong to the transaction."""
    appservices.save(txn, service, upto, pending)
    appservices.delete_messages(txn, parcel.taken)
