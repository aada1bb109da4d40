"""A bridge's ghost in an encrypted room, fed by the server's transactions only."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from e2ee.appservice_driver import AppserviceDriver
from e2ee.driver import now_ms, random
from e2ee.happenings import Decrypted
from e2ee.machine import Machine, Me, Options
from e2ee.ratchets.by_vodozemac import Vodozemac
from e2ee.stores.sqlite import SqliteStore
from tests.clients.started_server import free_port, started_homeserver
from tests.encryption.people import CLIENT, PATIENCE_S, crew

GHOST = Me("@_ghost_anna:localhost", "BRIDGE")


def registration(port: int, token: str) -> dict[str, Any]:
    return {
        "id": "bridge",
        "url": f"http://127.0.0.1:{port}",
        "as_token": token,
        "hs_token": "server",
        "sender_localpart": "_ghost_bot",
        "namespaces": {"users": [{"exclusive": True, "regex": "@_ghost_.*"}]},
        "receive_ephemeral": True,
        "de.sorunome.msc2409.push_ephemeral": True,
        "org.matrix.msc3202": True,
        "io.element.msc4190": True,
    }


class Bridge:
    """Hears transactions, and reads what its ghost can read."""

    def __init__(self, driver: AppserviceDriver) -> None:
        self.driver = driver
        self.read: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def take(self, request: web.Request) -> web.Response:
        transaction = await request.json()
        await self.driver.receive(transaction)
        for machine in self.driver.machines.machines():
            for event in transaction["events"]:
                for one in machine.receive_event(event["room_id"], event, now_ms()):
                    if isinstance(one, Decrypted):
                        content = one.event["content"]
                        self.read.put_nowait((one.event["event_id"], content["body"]))
        return web.json_response({})


@asynccontextmanager
async def listening(bridge: Bridge, port: int) -> AsyncIterator[None]:
    application = web.Application()
    application.router.add_put("/_matrix/app/v1/transactions/{id}", bridge.take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


def test_a_ghost_reads_and_writes_by_transactions(tmp_path: Path) -> None:
    port, token = free_port(), secrets.token_hex(16)
    file = tmp_path / "registration.json"
    file.write_text(json.dumps(registration(port, token)))
    database = {"engine": "sqlite", "path": str(tmp_path / "homeserver.db")}
    more = {"appservice_config_files": [str(file)]}

    def open_machine(me: Me) -> Machine:
        store = SqliteStore(tmp_path / "bridge.db", f"{me.user_id} {me.device_id}")
        return Machine.open(me, store, bytes(32), Options(Vodozemac(), random))

    async def held(base_url: str, ours: Any) -> None:
        async with aiohttp.ClientSession() as http, crew(ours, tmp_path) as people:
            driver = AppserviceDriver(http, base_url, token, open_machine)
            bridge = Bridge(driver)
            async with listening(bridge, port):
                await converse(driver, bridge, people, http, base_url, token)

    with started_homeserver(tmp_path, database, **more) as server:
        asyncio.run(held(server.base_url, server))


async def converse(
    driver: AppserviceDriver, bridge: Bridge, people: Any, http: Any, base_url: str, token: str
) -> None:
    body = {"type": "m.login.application_service", "username": "_ghost_anna", "inhibit_login": True}
    headers = {"Authorization": f"Bearer {token}"}
    async with http.post(f"{base_url}{CLIENT}/register", json=body, headers=headers) as response:
        assert response.status == 200, await response.text()
    ghost = await driver.device(GHOST)
    alice = await people.bot("alice")
    room_id = await alice.creates_room(GHOST.user_id)
    await ghost.server.ask("POST", f"{CLIENT}/rooms/{room_id}/join", {})
    await driver.learn_room(GHOST, room_id)
    await alice.syncs()

    content = {"msgtype": "m.text", "body": "from the other network"}
    sent = await ghost.send(room_id, "m.room.message", content)
    assert await alice.reads(sent) == "from the other network"
    answered = await alice.says(room_id, "to the other network")
    async with asyncio.timeout(PATIENCE_S):
        while (read := await bridge.read.get())[0] != answered:
            pass
    assert read[1] == "to the other network"
