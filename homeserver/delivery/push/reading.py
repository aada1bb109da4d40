"""Who has read something may have a number to be corrected on a telephone."""

from collections.abc import Callable

from homeserver.changes import ReceiptMoved
from homeserver.clock import Clock
from homeserver.delivery.push.watchers import Watch, Watchers
from homeserver.logs import logger
from homeserver.notifier import Notifier
from homeserver.rooms.timeline import Appended
from homeserver.storage import followers, receipts
from homeserver.storage.database import Database

FOLLOWER = "push badges"
DELAY_S = 1.0
"""Who reads on says so again at once."""
SAVED_EVERY_S = 30.0

log = logger(__name__)


class ReadersNews:
    """`wake` lets a pusher look whether it shows too high a number."""

    def __init__(
        self, db: Database, clock: Clock, watchers: Watchers, wake: Callable[[Watch], None]
    ) -> None:
        self._db = db
        self._clock = clock
        self._watchers = watchers
        self._wake = wake
        self._readers: set[str] = set()
        self._is_running = self._is_due = self._is_saving = False

    def listen(self, notifier: Notifier) -> None:
        notifier.listen(ReceiptMoved, lambda change: self._read(change.user_id))
        notifier.listen(Appended, lambda change: self._read(change.stored.event.sender))

    async def start(self) -> None:
        """Who read something shortly before a crash is looked at again."""
        saved = await self._db.read(followers.place, FOLLOWER)
        self._is_running = True
        if saved is not None:
            for user_id in await self._db.read(receipts.readers_after, saved):
                self._read(user_id)
        await self._db.write(followers.save, FOLLOWER, self._db.position)

    def stop(self) -> None:
        self._is_running = False

    def _read(self, user_id: str) -> None:
        if not self._is_running or not self._watchers.with_badges(user_id):
            return
        self._readers.add(user_id)
        if not self._is_due:
            self._is_due = True
            self._clock.call_later(DELAY_S, self._look)

    def _look(self) -> None:
        self._is_due = False
        if not self._is_running:
            return
        readers, self._readers = self._readers, set()
        for user_id in readers:
            for watch in self._watchers.with_badges(user_id):
                self._wake(watch)
        if not self._is_saving:
            self._is_saving = True
            self._clock.call_later(SAVED_EVERY_S, self._save)

    def _save(self) -> None:
        """What was read before is told by now, or waits where failures do."""
        self._is_saving = False
        if self._is_running:
            saved = self._db.write(followers.save, FOLLOWER, self._db.position)
            saved.addErrback(lambda failure: log.error("no place was saved: %s", failure.value))
