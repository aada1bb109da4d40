"""When devices were last used: kept in memory, and written now and then in one batch."""

from homeserver.clock import Clock
from homeserver.logs import logger
from homeserver.storage import devices
from homeserver.storage.database import Database
from homeserver.storage.devices import Sighting
from homeserver.storage.transaction import Transaction

WRITE_EVERY_SECONDS = 180.0
MAX_WAITING = 20_000
MAX_USER_AGENT = 250

log = logger(__name__)


class LastSeen:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._waiting: dict[tuple[str, str], Sighting] = {}

    def start(self) -> None:
        self._clock.call_later(WRITE_EVERY_SECONDS, self._write_and_go_on)

    def note(self, user_id: str, device_id: str, ip: str, user_agent: str) -> None:
        now_ms = self._clock.now_ms()
        shown = user_agent[:MAX_USER_AGENT].replace("\0", "")
        self._waiting[user_id, device_id] = Sighting(user_id, device_id, now_ms, ip, shown)
        if len(self._waiting) >= MAX_WAITING:
            self._write_soon()

    def of(self, user_id: str, device_id: str) -> Sighting | None:
        """What is newer than the rows."""
        return self._waiting.get((user_id, device_id))

    async def write(self) -> None:
        """Store all that waits; called on the way out, too."""
        waiting = list(self._waiting.values())
        self._waiting.clear()
        if waiting:
            await self._db.write(_store, waiting)

    def _write_soon(self) -> None:
        waiting = list(self._waiting.values())
        self._waiting.clear()
        if waiting:
            self._db.write(_store, waiting).addErrback(
                lambda failure: log.warning("last uses of devices were not stored: %s", failure)
            )

    def _write_and_go_on(self) -> None:
        self._write_soon()
        self.start()


def _store(txn: Transaction, sightings: list[Sighting]) -> None:
    devices.see(txn, sightings)
