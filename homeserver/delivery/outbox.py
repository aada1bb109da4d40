"""What servers may still lack: for some seconds in memory only, then in rows for those who lag."""

from collections.abc import Callable, Iterable, Mapping

from attrs import frozen
from twisted.internet.defer import Deferred

from homeserver.clock import Clock
from homeserver.logs import logger
from homeserver.storage import device_updates, followers, handed_in, outgoing
from homeserver.storage.database import Database
from homeserver.storage.outgoing import Lag, News, ServerNames
from homeserver.storage.transaction import Transaction

FOLLOWER = "servers"
SAVE_AFTER_S = 5.0
"""What was delivered in this time may be repeated after a crash."""
SAVE_EVERY = 20_000
"""Places after which the place is saved even if nothing was to be delivered."""
MAX_FRESH = 5_000
KEPT_ROWS = 100_000
PRUNE_EVERY_MS = 3_600_000

log = logger(__name__)

Unfinished = Callable[[], Mapping[str, int]]
"""The servers for which something waits in memory, and the places up to which they have all."""


@frozen
class Save:
    """What one transaction writes down; None for servers that lack nothing any more."""

    place: int
    rows: list[tuple[News, ServerNames]]
    lags: dict[str, Lag | None]


class Outbox:
    """`lags` are the servers that lack something: all that is remembered of one that is dead.

    Up to the place `saved` everything is delivered, or is in rows; `told` is how far it is known.
    """

    def __init__(self, db: Database, clock: Clock, unfinished: Unfinished) -> None:
        self._db = db
        self._clock = clock
        self._unfinished = unfinished
        self.lags: dict[str, Lag] = {}
        self.saved = 0
        self.told = 0
        self._fresh: list[tuple[News, ServerNames]] = []
        self._changed: set[str] = set()
        self._in_rows: set[str] = set()
        self._is_planned = False
        self._waiting: list[Deferred[None]] | None = None
        self._pruned_ms = clock.now_ms()

    def begin(self, place: int) -> None:
        self.saved = self.told = place

    def remember(self, lags: Mapping[str, Lag]) -> None:
        """What the last process left in rows."""
        self.lags.update(lags)
        self._in_rows.update(lags)

    # -- what is to be remembered

    def add(self, news: News, servers: ServerNames) -> None:
        self._fresh.append((news, servers))
        if len(self._fresh) > MAX_FRESH and self._waiting is None:
            self._save_now()
        self._save_soon()

    def told_upto(self, place: int) -> None:
        """All that happened up to here has been added."""
        self.told = place
        if place - self.saved > SAVE_EVERY:
            self._save_soon()

    def lags_from(self, server: str, place: int) -> None:
        """The server lacks something behind this place."""
        known = self.lags.get(server)
        since = self._clock.now_ms() if known is None else known.since_ts
        self.lags[server] = Lag(place, since)
        self._changed.add(server)
        self._save_soon()

    def lags_no_more(self, server: str) -> None:
        if self.lags.pop(server, None) is not None:
            self._save_soon()

    def fresh_for(self, server: str) -> list[News]:
        """What this server lacks and is in no row; not while it is being saved (`settle`)."""
        place = self.lags[server].place
        return sorted(
            news for news, servers in self._fresh if server in servers and news.position > place
        )

    # -- saving it

    async def settle(self) -> None:
        """Wait for the save that goes on, if any."""
        while self._waiting is not None:
            waiting: Deferred[None] = Deferred()
            self._waiting.append(waiting)
            await waiting

    async def save(self) -> None:
        """Write down all that was added until now."""
        await self.settle()
        self._waiting = []
        try:
            await self._save()
        finally:
            waiting, self._waiting = self._waiting, None
            for waiter in waiting:
                waiter.callback(None)
        if self._in_rows - self.lags.keys():
            # Servers that wait in memory: soon they will have all, and their rows go.
            self._save_soon()

    def _save_soon(self) -> None:
        if not self._is_planned:
            self._is_planned = True
            self._clock.call_later(SAVE_AFTER_S, self._save_planned)

    def _save_planned(self) -> None:
        self._is_planned = False
        self._save_now()

    def _save_now(self) -> None:
        Deferred.fromCoroutine(self.save()).addErrback(
            lambda failure: log.error("what servers lack was not saved: %s", failure.value)
        )

    async def _save(self) -> None:
        place, unfinished = self.told, self._unfinished()
        lags = self._lags_to_save(unfinished)
        lacking = self.lags.keys() | unfinished.keys()
        taken, self._fresh = _split(self._fresh, place)
        rows = [item for item in taken if not item[1].isdisjoint(lacking)]
        changed, self._changed = self._changed, set()
        try:
            if rows or lags or place != self.saved:
                await self._db.write(_write, Save(place, rows, lags))
        except BaseException:
            self._fresh[:0] = taken
            self._changed |= changed
            raise
        self.saved = place
        for server, lag in lags.items():
            if lag is None:
                self._in_rows.discard(server)
            else:
                self._in_rows.add(server)
        await self._prune()

    def _lags_to_save(self, unfinished: Mapping[str, int]) -> dict[str, Lag | None]:
        """Those that changed; who waits in memory would lag if this process ended now."""
        now_ms = self._clock.now_ms()
        lags: dict[str, Lag | None] = {
            server: Lag(place, now_ms)
            for server, place in unfinished.items()
            if server not in self.lags
        }
        for server in self._in_rows - self.lags.keys() - unfinished.keys():
            lags[server] = None
        for server in self._changed & self.lags.keys():
            lags[server] = self.lags[server]
        return lags

    async def _prune(self) -> None:
        now_ms = self._clock.now_ms()
        if now_ms - self._pruned_ms >= PRUNE_EVERY_MS and self._in_rows <= self.lags.keys():
            self._pruned_ms = now_ms
            oldest = min((lag.place for lag in self.lags.values()), default=self.saved)
            await self._db.write(_prune, oldest, self.saved)


def _split(
    fresh: Iterable[tuple[News, ServerNames]], place: int
) -> tuple[list[tuple[News, ServerNames]], list[tuple[News, ServerNames]]]:
    upto: list[tuple[News, ServerNames]] = []
    behind: list[tuple[News, ServerNames]] = []
    for item in fresh:
        (upto if item[0].position <= place else behind).append(item)
    return upto, behind


def _write(txn: Transaction, save: Save) -> None:
    outgoing.save(txn, save.rows)
    outgoing.save_lags(txn, save.lags)
    followers.save(txn, FOLLOWER, save.place)


def _prune(txn: Transaction, oldest: int, saved: int) -> None:
    outgoing.prune(txn, oldest, KEPT_ROWS)
    handed_in.forget(txn, saved)
    device_updates.prune(txn)
