"""The encryption devices of the bot and of ghosts, each opened when it is first needed."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import define, field

from e2ee.appservice_driver import AppserviceDriver
from e2ee.driver import Driver, random
from e2ee.encoding import JsonObject
from e2ee.happenings import Happening
from e2ee.machine import Machine, Me, Options
from e2ee.ratchets.by_vodozemac import Vodozemac
from e2ee.stores.postgresql import PostgresqlRecords, PostgresqlStore
from e2ee.stores.sqlite import SqliteRecords, SqliteStore

DEVICE_ID = "ISTHMUS"
MOST_OPEN = 200
"""Who has not spoken for longest is closed, and opened again when they speak."""


@define(eq=False)
class KeyRing:
    """Machines over one connection to the bridge's database, sealed by the bridge's secret."""

    _location: str
    _secret: bytes = field(repr=False)
    _first: SqliteRecords | PostgresqlRecords | None = None

    def machine(self, me: Me) -> Machine:
        account = f"{me.user_id} {me.device_id}"
        store: SqliteRecords | PostgresqlRecords
        if self._first is not None:
            store = self._first.beside(account)
        elif self._location.startswith(("postgresql://", "postgres://")):
            store = self._first = PostgresqlStore(self._location, account)
        else:
            store = self._first = SqliteStore(self._location, account)
        return Machine.open(me, store, self._secret, Options(Vodozemac(), random))

    def close(self) -> None:
        if self._first is not None:
            self._first.close()
            self._first = None


@define(eq=False)
class Device:
    """`fed`: of which rooms it knows the state, and which version of it."""

    driver: Driver
    fed: dict[str, int] = field(factory=dict)
    uses: int = 0

    @property
    def machine(self) -> Machine:
        return self.driver.machine


@define(eq=False)
class Devices:
    """Each has an identity of its own that signs it, so that clients see no warnings."""

    _driver: AppserviceDriver
    _ring: KeyRing
    _opened: OrderedDict[str, Device] = field(factory=OrderedDict)
    _opening: asyncio.Lock = field(factory=asyncio.Lock)

    def close(self) -> None:
        self._ring.close()

    @asynccontextmanager
    async def of(self, user_id: str) -> AsyncIterator[Device]:
        """It stays open at least as long as it is used."""
        device = await self._open(user_id)
        device.uses += 1
        try:
            yield device
        finally:
            device.uses -= 1
            self._close_idle()

    def receive(self, transaction: JsonObject, now_ms: int) -> list[Happening]:
        """Into every machine that is open."""
        heard = self._driver.machines.receive_transaction(transaction, now_ms)
        return [one.happening for one in heard]

    async def settle(self) -> list[Happening]:
        """Carry what the open machines have to say; what came up meanwhile."""
        happenings: list[Happening] = []
        for device in list(self._opened.values()):
            await device.driver.settle()
            happenings += device.driver.take_happenings()
        return happenings

    async def _open(self, user_id: str) -> Device:
        async with self._opening:
            if user_id not in self._opened:
                driver = await self._driver.device(Me(user_id, DEVICE_ID))
                if not driver.machine.has_identity():
                    driver.machine.create_identity()
                    await driver.settle()
                self._opened[user_id] = Device(driver)
            self._opened.move_to_end(user_id)
            return self._opened[user_id]

    def _close_idle(self) -> None:
        """The longest silent first. Whatever holds a device open all the time keeps it."""
        spare = len(self._opened) - MOST_OPEN
        idle = [user_id for user_id, device in self._opened.items() if not device.uses]
        for user_id in idle[: max(spare, 0)]:
            del self._opened[user_id]
            self._driver.forget(Me(user_id, DEVICE_ID))
