"""Bridges that the server runs, and the socket over which the command line asks for them."""

import sys
from functools import partial
from typing import Any

from attrs import define, field
from twisted.internet.defer import maybeDeferred
from twisted.internet.error import CannotListenError

from homeserver.appservices.roster import Roster
from homeserver.building.ground import Ground
from homeserver.building.parts import Part
from homeserver.http.client import Client
from homeserver.http.outgoing_addresses import AddressRules
from homeserver.http.outgoing_connections import Connections
from homeserver.http.outgoing_tls import Trust
from homeserver.logs import logger
from homeserver.supervision.bridges import Bridges, Workshop
from homeserver.supervision.child import Child, Means, Order
from homeserver.supervision.control import Commands, Conversations
from homeserver.supervision.folders import CONTROL, Folder
from homeserver.supervision.health import Health
from homeserver.supervision.meter import BridgeMeter
from homeserver.supervision.outlets import Outlet, into_file, into_server_log
from homeserver.users.appservices import read_file

log = logger(__name__)


@define(eq=False, kw_only=True)
class BridgesPart(Part):
    bridges: Bridges
    _client: Client
    _reactor: Any
    _port: Any = field(default=None, init=False)

    async def start(self) -> None:
        await self.bridges.start()
        self._listen()

    def _listen(self) -> None:
        """Without the socket, bridges that come or go are found at the next start."""
        directory = self.bridges.directory
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._port = self._reactor.listenUNIX(
                str(directory / CONTROL),
                Conversations(Commands(self.bridges).answer),
                mode=0o600,
                wantPID=True,
            )
        except (OSError, CannotListenError) as error:
            log.warning("`isthmus bridge` cannot reach this server: %s", error)

    def begin(self) -> None:
        """Once the ports are open."""
        self.bridges.begin()

    async def stop(self) -> None:
        if self._port is not None:
            await maybeDeferred(self._port.stopListening)
            self._port = None
        await self.bridges.stop()
        self._client.close()


def build_bridges(ground: Ground, roster: Roster) -> BridgesPart:
    settings, world = ground.settings.bridges, ground.world
    meter = BridgeMeter.of(ground.metrics.registry)
    connections = Connections(world.reactor, world.dns, AddressRules(()), Trust())
    client = Client(world.reactor, world.clock, connections)

    def child(folder: Folder) -> Child:
        means = Means(world.reactor.spawnProcess, world.clock, meter.started)
        python = str(settings.python or sys.executable)
        # -P: what lies in the bridge's folder is no code.
        command = (python, "-P", "-m", "bridges", "run", "--supervised", "--config")
        order = Order(folder.name, (*command, str(folder.config)), str(folder.path))
        return Child(order, means, outlet(folder))

    def outlet(folder: Folder) -> Outlet:
        return into_file(folder.log) if settings.log_to == "file" else into_server_log(folder.name)

    workshop = Workshop(
        read=partial(read_file, server_name=ground.settings.server_name),
        new_child=child if settings.supervise else None,
        new_health=lambda url: Health(url, client, world.clock),
        meter=meter,
    )
    bridges = Bridges(settings.directory, roster, workshop, world.clock)
    return BridgesPart(bridges=bridges, client=client, reactor=world.reactor)
