"""Builds a bridge and runs it until it is told to stop."""

import asyncio
import importlib
import os
import signal
import sys
from collections.abc import Coroutine, Mapping
from types import ModuleType
from typing import Any

import aiohttp
from aiohttp import web

from bridges.hosting import Hosting
from bridges.kit.network import Network
from bridges.matrix.client import Client
from bridges.matrix.puppeteer import Puppeteer
from bridges.matrix.rooms import Accounts, Rooms
from bridges.matrix.transactions import Transactions
from bridges.portals.bridge import Bridge, Doors
from bridges.portals.devices import Devices, KeyRing
from bridges.portals.encryption import Encryption
from bridges.portals.ground import Ground, Tally
from bridges.provisioning.api import PREFIX, Provisioning
from bridges.provisioning.steps import Processes
from bridges.settings import Secrecy, Settings, WrongSettings
from bridges.storage.database import Database
from bridges.webhooks import Webhooks
from e2ee.appservice_driver import AppserviceDriver

STOP_S = 5


def package_of(network: str) -> ModuleType:
    """One of `bridges.networks`, or any other by its full name."""
    path = network if "." in network else f"bridges.networks.{network}"
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name and path.startswith(error.name):
            raise WrongSettings(f"There is no network {network}.") from error
        raise WrongSettings(f"{network} needs what is not installed: {error.name}.") from error


def load_network(name: str, network_settings: Mapping[str, object]) -> Network:
    try:
        network = package_of(name).create(network_settings)
    except ValueError as error:
        raise WrongSettings(str(error)) from error
    assert isinstance(network, Network)
    return network


async def run(settings: Settings, supervised: bool = False) -> None:
    """Returns after SIGTERM or SIGINT; `supervised`: also when who started us is gone."""
    stopping = asyncio.Event()
    watching = asyncio.create_task(set_when_closed(stopping)) if supervised else None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    network = load_network(settings.network, settings.network_settings)
    db = Database(settings.database)
    await db.start()
    async with aiohttp.ClientSession() as http:
        client = Client(http, settings.homeserver, settings.as_token)
        secrecy = encryption(settings, db, http, Rooms(client))
        rooms = Rooms(client) if secrecy is None else Rooms(client, secrecy)
        ground = Ground(network, settings.names, db, rooms, Accounts(client), Tally())
        doors = Doors(
            secrecy,
            puppeteer(settings, http),
            settings.history,
            settings.tidies,
            settings.shows_delivery,
        )
        bridge = Bridge.build(ground, settings.permissions, doors)
        webhooks = Webhooks(settings.public_address, network)
        await network.start(Hosting(webhooks, bridge, settings.permissions))
        runner = await listen(settings, bridge, webhooks)
        if await done_before(stopping, bridge.start()):
            print(f"the bridge to {network.info.name} is ready", flush=True)
            await stopping.wait()
        await runner.cleanup()
        await bridge.stop()
        await network.stop()
    await db.stop()
    if watching:
        watching.cancel()


async def done_before(stopping: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Whether it came to its end: a homeserver that is away is waited for without end."""
    doing, stopped = asyncio.create_task(work), asyncio.create_task(stopping.wait())
    await asyncio.wait((doing, stopped), return_when=asyncio.FIRST_COMPLETED)
    for task in (doing, stopped):
        task.cancel()
    await asyncio.gather(doing, stopped, return_exceptions=True)
    if not doing.cancelled():
        doing.result()
    return not doing.cancelled()


async def set_when_closed(stopping: asyncio.Event) -> None:
    """The standard input, which nobody writes to: it closes with the process that holds it."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    while await reader.read(1024):
        continue
    stopping.set()


def encryption(
    settings: Settings, db: Database, http: aiohttp.ClientSession, rooms: Rooms
) -> Encryption | None:
    if settings.encryption is Secrecy.OFF:
        return None
    ring = KeyRing(settings.database, settings.store_secret.encode())
    driver = AppserviceDriver(http, settings.homeserver, settings.as_token, ring.machine)
    always = settings.encryption is Secrecy.ALWAYS
    return Encryption(db, settings.names, Devices(driver, ring), rooms, always)


def puppeteer(settings: Settings, http: aiohttp.ClientSession) -> Puppeteer | None:
    if not settings.double_puppets or not settings.puppets_token:
        return None
    return Puppeteer(Client(http, settings.homeserver, settings.puppets_token))


def provisioning(settings: Settings, bridge: Bridge, processes: Processes) -> Provisioning:
    return Provisioning(bridge, settings.permissions, settings.provisioning_secret, processes)


async def listen(settings: Settings, bridge: Bridge, webhooks: Webhooks) -> web.AppRunner:
    app = Transactions(settings.hs_token, bridge.accept).application()
    webhooks.serve(app)
    processes = Processes(bridge.entrance)
    if settings.provisioning_secret:
        app.add_subapp(PREFIX, provisioning(settings, bridge, processes).application())

    async def health(request: web.Request) -> web.Response:
        return web.json_response(bridge.meter.health())

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(text=await bridge.meter.metrics())

    async def stop(app: web.Application) -> None:
        processes.stop()

    app.on_cleanup.append(stop)
    app.router.add_get("/health", health)
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.bind_host, settings.bind_port).start()
    except OSError as error:
        raise WrongSettings(
            f"It cannot listen at {settings.address}: {os.strerror(error.errno or 0)}"
        ) from error
    return runner
