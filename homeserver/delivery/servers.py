"""Other servers get what is for them, in order; none waits for another."""

from collections.abc import Iterable

from attrs import frozen

from homeserver.clock import Clock
from homeserver.delivery import backlog
from homeserver.delivery.audience import Audience
from homeserver.delivery.courier import Courier
from homeserver.delivery.destination import MAX_PDUS, Destination
from homeserver.delivery.lanes import AWAKE_AT_ONCE, CATCHING_UP_AT_ONCE, Lane
from homeserver.delivery.outbox import Outbox
from homeserver.delivery.recovery import recover
from homeserver.logs import logger
from homeserver.notifier import Notifier
from homeserver.peers.backoff import Backoff
from homeserver.peers.errors import NotAdmitted, PeerUnreachable, RemoteError
from homeserver.rooms.timeline import Appended
from homeserver.storage.database import Database
from homeserver.storage.outgoing import Kind, Lag, News, Outgoing, ServerNames
from homeserver.storage.outgoing_to_device import ToDeviceLeft

LOOK_EVERY_S = 30.0
GIVEN_UP_AFTER_MS = 3 * 24 * 3_600_000
"""Servers that lack something for longer are tried when they speak, when there is more for them,
and when we start."""
LONGEST_PAUSE_MS = 24 * 3_600_000
MAX_SKIPPED = 3
TOO_MUCH = (400, 413, 422)
"""Answers that can be due to something in the transaction."""

log = logger(__name__)


@frozen
class Pause:
    """A server that answered with an error is let be; longer each time."""

    until_ms: int
    wait_ms: int


class Servers:
    """A server is in one of three states. It lacks nothing: then there is nothing about it here.
    It is awake: a Destination queues what happens. Or it lags: then only its name and place are
    kept, until it is tried again and catches up from the database.
    """

    def __init__(
        self, db: Database, clock: Clock, audience: Audience, courier: Courier, backoff: Backoff
    ) -> None:
        self._db = db
        self._clock = clock
        self._audience = audience
        self._courier = courier
        self._backoff = backoff
        self._active: dict[str, Destination] = {}
        self._pauses: dict[str, Pause] = {}
        self._outbox = Outbox(db, clock, self._unfinished)
        self._awake = Lane(AWAKE_AT_ONCE, self._take_turn)
        self._catching_up = Lane(CATCHING_UP_AT_ONCE, self._take_turn)
        self._is_looking = False
        self._is_running = False
        self._is_ready = False
        backoff.listen(self._answers_again)
        courier.meter.watch(lambda: len(self._outbox.lags), lambda: len(self._active))

    def listen(self, notifier: Notifier) -> None:
        notifier.listen(Appended, self._appended)
        notifier.listen(Outgoing, lambda change: self.tell(change.news, change.servers))
        notifier.listen(ToDeviceLeft, lambda change: self._message_left(change.server))
        notifier.listen_afterwards(self._all_told)

    async def start(self) -> None:
        """Go on where the last process stopped."""
        self._is_running, now = True, self._db.position
        self._outbox.begin(now)
        lags = await self._db.write(recover, self._audience, now, self._clock.now_ms())
        self._outbox.remember(lags)
        self._is_ready = True
        for name in self._outbox.lags:
            if self._may_be_tried(name):
                self._catch_up(name)
        for lag in self._outbox.lags.values():
            self._look_later(lag)
        self.go()

    async def stop(self) -> None:
        """Begin nothing more; write down who lacks what."""
        if self._is_running:
            self._awake.stop()
            self._catching_up.stop()
            await self._outbox.save()
            self._is_running = False

    # -- what happens

    def _appended(self, change: Appended) -> None:
        servers = self._audience.of_event(change)
        if servers:
            news = News(change.position, Kind.EVENT, change.head.room, change.stored.position)
            self.tell(news, servers)

    def _all_told(self) -> None:
        if self._is_running:
            self._outbox.told_upto(self._db.position)
            self.go()

    def tell(self, news: News, servers: ServerNames) -> None:
        """Let servers have something that is for them; `go` sends it."""
        if not self._is_running:
            return
        self._outbox.add(news, servers)
        for name in servers:
            destination = self._destination(name)
            if destination is not None and not destination.add(news):
                self._overflows(destination)

    def _message_left(self, server: str) -> None:
        if self._is_running and (destination := self._destination(server)):
            destination.has_messages = True

    def tell_typing(self, servers: Iterable[str], room_id: str, user_id: str, typing: bool) -> None:
        """Those that cannot be reached at once never hear of it."""
        for destination in self._awake_ones(servers):
            destination.add_typing(room_id, user_id, typing)

    def tell_presence(self, servers: Iterable[str], user_ids: Iterable[str]) -> None:
        for destination in self._awake_ones(servers):
            destination.add_presence(user_ids)

    def go(self) -> None:
        """Send what there is."""
        self._awake.go()
        self._catching_up.go()

    # -- who it is for

    def _destination(self, name: str) -> Destination | None:
        """The queue of a server, in line for its turn; None for one that is to be let be."""
        destination = self._active.get(name)
        if destination is None:
            if not self._is_ready:
                self._outbox.lags_from(name, self._outbox.saved)
                return None
            if name in self._outbox.lags:
                if self._may_be_tried(name):
                    self._catch_up(name)
                return None
            destination = self._active[name] = Destination(name)
        self._join(destination)
        return destination

    def _awake_ones(self, servers: Iterable[str]) -> Iterable[Destination]:
        if self._is_running:
            for name in servers:
                if name in self._outbox.lags or not self._may_be_tried(name):
                    continue
                if (destination := self._destination(name)) is not None:
                    yield destination

    def _join(self, destination: Destination) -> None:
        (self._catching_up if destination.is_catching_up else self._awake).join(destination)

    def _catch_up(self, name: str) -> None:
        destination = Destination(name, has_messages=True, is_catching_up=True)
        self._active[name] = destination
        self._join(destination)

    def _overflows(self, destination: Destination) -> None:
        """More than memory holds: the rest comes from the database."""
        self._outbox.lags_from(destination.name, destination.news[0].position - 1)
        destination.news.clear()
        destination.is_catching_up = True

    def _unfinished(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for name, destination in self._active.items():
            first = destination.first_position()
            if first is not None and not destination.is_catching_up:
                found[name] = first - 1
        return found

    # -- sending

    async def _take_turn(self, destination: Destination) -> None:
        try:
            if destination.is_catching_up and destination.plan is None:
                await self._make_plan(destination)
            if destination.has_work:
                destination.take()
                await self._courier.deliver(destination)
                self._delivered(destination)
            if destination.is_catching_up:
                await self._outbox.settle()
                self._end_catching_up(destination)
        except RemoteError as error:
            self._refused(destination, error)
        except NotAdmitted:
            self._outbox.lags_no_more(destination.name)
            self._drop(destination)
        except PeerUnreachable as error:
            log.info("nothing can be sent to %s: %s", destination.name, error)
            self._lag(destination)
        except Exception:
            log.exception("sending to %s failed", destination.name)
            self._pause(destination.name)
            self._lag(destination)
        destination.is_queued = False
        if self._active.get(destination.name) is destination:
            if destination.has_work or destination.is_catching_up:
                self._join(destination)
            else:
                self._drop(destination)

    async def _make_plan(self, destination: Destination) -> None:
        name, upto = destination.name, self._outbox.saved
        place = self._outbox.lags[name].place
        plan = await self._db.read(backlog.plan, name, place, upto)
        destination.plan, destination.planned_upto = plan, upto

    def _delivered(self, destination: Destination) -> None:
        destination.skipped = 0
        self._pauses.pop(destination.name, None)
        self._move_on(destination)

    def _move_on(self, destination: Destination) -> None:
        load, destination.load = destination.load, None
        destination.width = MAX_PDUS
        if destination.plan is not None and load is not None and load.news:
            self._outbox.lags_from(destination.name, load.news[-1].position)

    def _end_catching_up(self, destination: Destination) -> None:
        """If nothing is left: what is new since the last save is in memory."""
        if destination.plan is None or destination.has_work:
            return
        name = destination.name
        if self._outbox.saved > destination.planned_upto:
            self._outbox.lags_from(name, destination.planned_upto)
            destination.plan = None
            return
        destination.plan, destination.is_catching_up = None, False
        destination.news.extend(self._outbox.fresh_for(name))
        self._outbox.lags_no_more(name)
        if not destination.has_work:
            log.info("%s has caught up", name)

    # -- what goes wrong

    def _refused(self, destination: Destination, error: RemoteError) -> None:
        """Perhaps of something in the transaction: then it is found, and left out."""
        name = destination.name
        log.warning("a transaction was refused: %s", error)
        if error.status in TOO_MUCH and destination.skipped < MAX_SKIPPED:
            if destination.width > 1:
                destination.width = max(1, destination.width // 7)
                destination.put_back()
            else:
                self._skip(destination)
            return
        self._pause(name, error.retry_after_ms)
        self._lag(destination)

    def _skip(self, destination: Destination) -> None:
        """Leave out what is refused even alone."""
        load = destination.load
        log.warning("%s refuses this alone, so it is left out: %s", destination.name, load)
        if load is not None and load.messages:
            self._courier.discard_message(destination)
        self._move_on(destination)
        destination.skipped += 1

    def _pause(self, name: str, wait_ms: int = 0) -> None:
        before = self._pauses.get(name)
        wait_ms = max(wait_ms, before.wait_ms * 2 if before else self._backoff.first_wait_ms)
        wait_ms = min(wait_ms, LONGEST_PAUSE_MS)
        self._pauses[name] = Pause(self._clock.now_ms() + wait_ms, wait_ms)

    def _lag(self, destination: Destination) -> None:
        """Forget what was to be sent: the database knows it, but for what is fleeting."""
        name, outbox = destination.name, self._outbox
        first = destination.first_position()
        lag = outbox.lags.get(name)
        lacks_messages = destination.has_messages or bool(
            destination.load and destination.load.messages
        )
        if first is not None:
            outbox.lags_from(name, min(first - 1, lag.place) if lag else first - 1)
        elif lag is None and lacks_messages:
            outbox.lags_from(name, outbox.told)
        self._drop(destination)
        if name in outbox.lags:
            self._look_later(outbox.lags[name])

    def _drop(self, destination: Destination) -> None:
        if self._active.get(destination.name) is destination:
            del self._active[destination.name]

    # -- trying again

    def _may_be_tried(self, name: str) -> bool:
        now_ms = self._clock.now_ms()
        pause = self._pauses.get(name)
        if pause is not None and now_ms < pause.until_ms:
            return False
        silence = self._backoff.silence_of(name)
        return silence is None or silence.retry_ts <= now_ms

    def _answers_again(self, name: str) -> None:
        if name in self._outbox.lags and name not in self._active and self._may_be_tried(name):
            self._catch_up(name)
            self.go()

    def _is_given_up(self, lag: Lag) -> bool:
        return self._clock.now_ms() - lag.since_ts >= GIVEN_UP_AFTER_MS

    def _look_later(self, lag: Lag) -> None:
        """For who is given up no timer runs."""
        if not self._is_looking and not self._is_given_up(lag):
            self._is_looking = True
            wait_s = min(LOOK_EVERY_S, self._backoff.first_wait_ms / 1000)
            self._clock.call_later(wait_s, self._look)

    def _look(self) -> None:
        """Try those that lag and whose time has come."""
        self._is_looking = False
        if not self._is_running:
            return
        for name, lag in self._outbox.lags.items():
            self._look_later(lag)
            if name in self._active or self._is_given_up(lag):
                continue
            if self._may_be_tried(name):
                self._catch_up(name)
        self.go()
