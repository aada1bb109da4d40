"""Our machine's people, and somebody in Node.js who uses matrix-js-sdk."""

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from attrs import define, field

from e2ee.driver import Driver, Homeserver, random
from e2ee.happenings import Decrypted, Happening
from e2ee.machine import Machine, Me, Options
from e2ee.ratchets.by_vodozemac import Vodozemac
from e2ee.sharing import ShareWith
from e2ee.stores.sqlite import SqliteStore
from tests.clients.started_server import Homeserver as Server

PATIENCE_S = 20
CLIENT = "/_matrix/client/v3"
ENCRYPTION = {"algorithm": "m.megolm.v1.aes-sha2"}
SECRET_ROOM = [{"type": "m.room.encryption", "state_key": "", "content": ENCRYPTION}]

Json = dict[str, Any]
T = TypeVar("T")


@define(eq=False)
class Bot:
    """One device of ours, and what it has heard."""

    driver: Driver
    password: str
    heard: list[Happening] = field(factory=list)
    since: str | None = None

    @property
    def machine(self) -> Machine:
        return self.driver.machine

    @property
    def user_id(self) -> str:
        return self.machine.me.user_id

    @property
    def device_id(self) -> str:
        return self.machine.me.device_id

    async def ask(self, method: str, path: str, body: Any = None, **query: str) -> Json:
        return await self.driver.server.ask(method, CLIENT + path, body, **query)

    async def syncs(self, timeout_ms: int = 0) -> None:
        self.since, happenings = await self.driver.sync(self.since, timeout_ms)
        self.heard += happenings

    async def until(self, condition: Callable[[], T | None]) -> T:
        async with asyncio.timeout(PATIENCE_S):
            while not (found := condition()):
                await self.syncs(500)
        return found

    async def reads(self, event_id: str) -> str:
        """What an event says, once it can be read."""
        return str((await self.reads_event(event_id)).event["content"]["body"])

    async def reads_event(self, event_id: str) -> Decrypted:
        def found() -> Decrypted | None:
            fitting = [
                one
                for one in self.heard
                if isinstance(one, Decrypted) and one.event["event_id"] == event_id
            ]
            return fitting[-1] if fitting else None

        return await self.until(found)

    async def says(self, room_id: str, body: str) -> str:
        content = {"msgtype": "m.text", "body": body}
        return await self.driver.send(room_id, "m.room.message", content)

    async def creates_room(self, *invite: str) -> str:
        body = {"invite": list(invite), "initial_state": SECRET_ROOM}
        room_id = str((await self.ask("POST", "/createRoom", body))["room_id"])
        await self.syncs()
        return room_id

    async def joins(self, room_id: str) -> None:
        await self.ask("POST", f"/rooms/{room_id}/join", {})
        await self.syncs()

    async def sets_up_identity(self) -> None:
        self.machine.create_identity()
        await self.driver.settle()
        assert self.machine.proof_wanted() is None
        await self.until(lambda: self.machine.trust(self.user_id, self.device_id))


@define
class Crew:
    """Makes people on the server."""

    server: Server
    http: aiohttp.ClientSession
    folder: Path

    async def bot(self, name: str, share_with: ShareWith = ShareWith.IDENTIFIED) -> Bot:
        password = secrets.token_urlsafe(12)
        body = {
            "username": f"{name}-{secrets.token_hex(4)}",
            "password": password,
            "auth": {"type": "m.login.dummy"},
        }
        return await self._begin("/register", body, password, share_with)

    async def another_device(self, user_id: str, password: str) -> Bot:
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user_id},
            "password": password,
        }
        return await self._begin("/login", body, password, ShareWith.IDENTIFIED)

    async def _begin(self, path: str, body: Json, password: str, share_with: ShareWith) -> Bot:
        url = f"{self.server.base_url}{CLIENT}{path}"
        async with self.http.post(url, json=body) as response:
            session = await response.json()
        me = Me(session["user_id"], session["device_id"])
        store = SqliteStore(self.folder / "e2ee.db", f"{me.user_id} {me.device_id}")
        options = Options(Vodozemac(), random, share_with)
        machine = Machine.open(me, store, b"only for tests, and 32 bytes long", options)
        server = Homeserver(self.http, self.server.base_url, session["access_token"])
        bot = Bot(Driver(server, machine), password)
        await bot.driver.settle()
        await bot.syncs()
        return bot


@asynccontextmanager
async def crew(server: Server, folder: Path) -> AsyncIterator[Crew]:
    async with aiohttp.ClientSession() as http:
        yield Crew(server, http, folder)


class Agent:
    """Somebody with matrix-js-sdk: `await agent("says", roomId=..., body=...)`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def __call__(self, deed: str, told: Any = None, **more: Any) -> Any:
        assert self._process.stdin and self._process.stdout
        order = {"deed": deed, "told": more or told}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        async with asyncio.timeout(3 * PATIENCE_S):
            while line := await self._process.stdout.readline():
                if line.startswith(b'{"'):
                    break
        said = json.loads(line or b'{"error": "the agent died"}')
        assert "error" not in said, f"{deed}: {said['error']}"
        return said["answer"]


@asynccontextmanager
async def agent(node: str, server: Server) -> AsyncIterator[Agent]:
    process = await asyncio.create_subprocess_exec(
        node,
        str(Path(__file__).with_name("agent.mjs")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=dict(os.environ) | {"ISTHMUS_TEST_BASE_URL": server.base_url, "NODE_NO_WARNINGS": "1"},
        limit=16 * 1024 * 1024,
    )
    try:
        yield Agent(process)
    finally:
        # What is called node may only have started it: the end of its orders ends the real one.
        assert process.stdin
        process.stdin.close()
        await process.wait()
