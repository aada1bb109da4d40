"""Builds a bridge and runs it until it is told to stop."""

import asyncio
import importlib
import signal
from collections.abc import Mapping

import aiohttp
from aiohttp import web

from bridges.kit.network import Network
from bridges.matrix.client import Client
from bridges.matrix.rooms import Accounts, Rooms
from bridges.matrix.transactions import Transactions
from bridges.portals.bridge import Bridge
from bridges.portals.ground import Ground, Tally
from bridges.settings import Settings, WrongSettings
from bridges.storage.database import Database
from bridges.webhooks import Webhooks

STOP_S = 5


def load_network(name: str, network_settings: Mapping[str, object]) -> Network:
    path = name if "." in name else f"bridges.networks.{name}"
    try:
        package = importlib.import_module(path)
    except ModuleNotFoundError as error:
        raise WrongSettings(f"There is no network {name} ({error}).") from error
    try:
        network = package.create(network_settings)
    except ValueError as error:
        raise WrongSettings(str(error)) from error
    assert isinstance(network, Network)
    return network


async def run(settings: Settings) -> None:
    """Returns after SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    network = load_network(settings.network, settings.network_settings)
    db = Database(settings.database)
    await db.start()
    async with aiohttp.ClientSession() as http:
        client = Client(http, settings.homeserver, settings.as_token)
        ground = Ground(network, settings.names, db, Rooms(client), Accounts(client), Tally())
        bridge = Bridge.build(ground, settings.permissions)
        webhooks = Webhooks(settings.public_address, network)
        await network.start(webhooks)
        runner = await listen(settings, bridge, webhooks)
        await bridge.start()
        print(f"the bridge to {network.info.name} is ready", flush=True)
        await stopping.wait()
        await runner.cleanup()
        await bridge.stop()
        await network.stop()
    await db.stop()


async def listen(settings: Settings, bridge: Bridge, webhooks: Webhooks) -> web.AppRunner:
    app = Transactions(settings.hs_token, bridge.accept).application()
    webhooks.serve(app)

    async def health(request: web.Request) -> web.Response:
        return web.json_response({"sessions": list(bridge.sessions.states().values())})

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(text=await bridge.metrics())

    app.router.add_get("/health", health)
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_S)
    await runner.setup()
    await web.TCPSite(runner, settings.bind_host, settings.bind_port).start()
    return runner
