"""The driver for application services: transactions in, every device's requests out."""

from collections.abc import Callable
from urllib.parse import quote

import aiohttp

from e2ee.appservice import AppserviceMachines, Heard
from e2ee.driver import NOT_FOUND, Driver, Homeserver, Refused, now_ms
from e2ee.encoding import JsonObject
from e2ee.machine import Machine, Me
from e2ee.requests import CLIENT

OpenMachine = Callable[[Me], Machine]
"""The machine of a device, with its store: `Machine.open` with what the bridge has configured."""


class AppserviceDriver:
    """One for a bridge. Its bot and its ghosts are devices of their own."""

    def __init__(
        self, http: aiohttp.ClientSession, base_url: str, token: str, open_machine: OpenMachine
    ) -> None:
        self._http, self._base_url, self._token = http, base_url, token
        self._open_machine = open_machine
        self._drivers: dict[Me, Driver] = {}
        self.machines = AppserviceMachines()

    async def device(self, me: Me) -> Driver:
        """The driver of a device, which is made at the server if it is new (MSC4190)."""
        if me not in self._drivers:
            as_user = {"user_id": me.user_id}
            server = Homeserver(self._http, self._base_url, self._token, as_user)
            await make_device(server, me)
            as_device = as_user | {"device_id": me.device_id}
            server = Homeserver(self._http, self._base_url, self._token, as_device)
            machine = self._open_machine(me)
            driver = self._drivers[me] = Driver(server, machine)
            self.machines.add(machine)
            await driver.settle()
        return self._drivers[me]

    def drivers(self) -> list[Driver]:
        return list(self._drivers.values())

    def forget(self, me: Me) -> None:
        """What it knows is in its store. Opened again, it has to learn what it missed."""
        self._drivers.pop(me, None)
        self.machines.remove(me)

    async def receive(self, transaction: JsonObject) -> list[Heard]:
        """Before its events are read. Answer the server's PUT when this has returned."""
        for one in self.machines.receive_transaction(transaction, now_ms()):
            self._drivers[one.me].keep([one.happening])
        heard: list[Heard] = []
        for me, driver in list(self._drivers.items()):
            await driver.settle()
            heard += [Heard(me, one) for one in driver.take_happenings()]
        return heard

    async def learn_room(self, me: Me, room_id: str) -> None:
        """For a device that comes into a room whose past the bridge has not followed."""
        driver = await self.device(me)
        path = f"{CLIENT}/rooms/{quote(room_id, safe='')}/state"
        state = await driver.server.ask_list("GET", path)
        driver.machine.receive_state(room_id, state)
        members = {
            event["state_key"]: event["content"].get("membership", "leave")
            for event in state
            if event["type"] == "m.room.member"
        }
        driver.machine.receive_members(room_id, members)


async def make_device(server: Homeserver, me: Me) -> None:
    """By MSC4190, or by a login on servers that do not know it. One that is there stays."""
    try:
        await server.ask("PUT", f"{CLIENT}/devices/{quote(me.device_id, safe='')}", {})
    except Refused as refused:
        if refused.status != NOT_FOUND:
            raise
        login = {
            "type": "m.login.application_service",
            "identifier": {"type": "m.id.user", "user": me.user_id},
            "device_id": me.device_id,
        }
        await server.ask("POST", f"{CLIENT}/login", login)
