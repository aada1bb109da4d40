"""Fetches device lists of which something was missed: not all at once, and until they are there.

Spec: Server-Server API, GET /user/devices.
"""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from twisted.internet.interfaces import IDelayedCall

from homeserver.changes import DeviceListLost
from homeserver.clock import Clock
from homeserver.devices.remote_lists import DEVICES
from homeserver.devices.tracking import Tracking
from homeserver.events.ids import domain_of
from homeserver.http.client import Limits
from homeserver.json_values import JsonObject
from homeserver.logs import logger
from homeserver.peers.backoff import Backoff
from homeserver.peers.errors import PeerError, RemoteError
from homeserver.peers.lanes import Lane
from homeserver.peers.servers import Peers, path_of
from homeserver.randomness import Random, fraction
from homeserver.storage import devices, remote_devices
from homeserver.storage.transaction import Transaction
from homeserver.tasks import in_background

AT_ONCE = 10
SPREAD_S, SPREAD_OF_ONE_S = 20.0, 0.5
"""Lists are asked for within this time after a gap, and sooner where there are few of them: a busy
server loses many at once.
"""
LOOK_AGAIN_S = 600.0
PORTION = 500
MAX_WAITING = 5_000
LIMITS = Limits(seconds=30.0, size=10 * 1024 * 1024)

log = logger(__name__)


class Resyncs:
    """What could not be fetched stays marked in the database: it is tried again when its server
    speaks, from time to time, and after a restart.
    """

    def __init__(
        self, tracking: Tracking, peers: Peers, backoff: Backoff, clock: Clock, random: Random
    ) -> None:
        self._tracking = tracking
        self._peers = peers
        self._backoff = backoff
        self._clock = clock
        self._random = random
        self._waiting: set[str] = set()
        self._lane = Lane(AT_ONCE, MAX_WAITING)
        self._place = ""
        self._timer: IDelayedCall | None = None
        self._has_ended = False

    def start(self) -> None:
        self._backoff.listen(lambda server: _run(self._take_up(server)))
        self._look()

    def stop(self) -> None:
        self._has_ended = True
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def lost(self, change: DeviceListLost) -> None:
        self._plan([change.user_id])

    def _plan(self, user_ids: Iterable[str]) -> None:
        for user_id in user_ids:
            if user_id not in self._waiting and len(self._waiting) < MAX_WAITING:
                self._waiting.add(user_id)
                spread = min(SPREAD_S, SPREAD_OF_ONE_S * len(self._waiting))
                self._clock.call_later(spread * fraction(self._random), self._begin(user_id))

    def _begin(self, user_id: str) -> Callable[[], None]:
        return lambda: _run(self._lane.run(self._fetch(user_id)))

    # -- from the database

    def _look(self) -> None:
        self._timer = self._clock.call_later(LOOK_AGAIN_S, self._look)
        _run(self._take_up_some())

    async def _take_up_some(self) -> None:
        db = self._tracking.db
        found = await db.read(remote_devices.stale_ones, self._place, PORTION)
        self._place = found[-1] if len(found) == PORTION else ""
        self._plan(user_id for user_id in found if not self._is_silent(domain_of(user_id)))

    async def _take_up(self, server: str) -> None:
        self._plan(await self._tracking.db.read(remote_devices.stale_of_server, server, PORTION))

    def _is_silent(self, server: str) -> bool:
        silence = self._backoff.silence_of(server)
        return silence is not None and silence.retry_ts > self._clock.now_ms()

    # -- one list

    async def _fetch(self, user_id: str) -> None:
        self._waiting.discard(user_id)
        if self._has_ended:
            return
        since = await self._tracking.db.read(_still_wanted, user_id)
        if since is None:
            return
        try:
            answer = await self._ask(user_id)
            told, stream_id = await self._tracking.read_list(user_id, answer)
        except RemoteError as error:
            if error.status in (400, 403, 404):
                # There is nothing to follow: who wants these keys asks for them each time.
                await self._tracking.forget(user_id)
        except (PeerError, ValueError) as error:
            log.info("the devices of %s were not told: %s", user_id, error)
        else:
            await self._tracking.store(user_id, told, since, stream_id)

    async def _ask(self, user_id: str) -> JsonObject:
        path = path_of(DEVICES, user_id)
        return await self._peers.request(domain_of(user_id), "GET", path, limits=LIMITS)


def _still_wanted(txn: Transaction, user_id: str) -> int | None:
    """Where the user's list changed last; None if it is held, and true."""
    held = remote_devices.find(txn, user_id)
    return devices.list_position(txn, user_id) if held is not None and held.is_stale else None


def _run(work: Coroutine[Any, Any, None]) -> None:
    in_background(work, log, "a device list was not fetched")
