"""kill -9 of the bridge and of the homeserver under load: every message once, in order."""

import asyncio
import os
import random
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from attrs import define, field

from tests.appservices.people import User
from tests.bridging.account import Account
from tests.bridging.people import has_said, meets_the_bot, opens, sends
from tests.bridging.started_bridge import BridgeProcess
from tests.durability.server import ServerProcess

KILLS_OF_THE_BRIDGE = int(os.environ.get("ISTHMUS_BRIDGE_KILLS", "15"))
KILLS_OF_THE_HOMESERVER = int(os.environ.get("ISTHMUS_HOMESERVER_KILLS", "4"))
PER_SECOND = 20
SETTLED_S = 90
CHATS = ("north", "south")
CLERK = "@net_clerk:localhost"


@define(eq=False)
class Load:
    """Alice and the ledger, each with as many messages a second in each direction."""

    alice: User
    account: Account
    rooms: dict[str, str]
    said: dict[str, list[str]] = field(factory=lambda: {chat: [] for chat in CHATS})
    written: dict[str, list[str]] = field(factory=lambda: {chat: [] for chat in CHATS})
    is_over: bool = False

    async def speaks(self, chat: str) -> None:
        while not self.is_over:
            text = f"{chat} {len(self.said[chat])}"
            await until_sent(self.alice, self.rooms[chat], text)
            self.said[chat].append(text)
            await asyncio.sleep(len(CHATS) / PER_SECOND)

    async def writes(self) -> None:
        while not self.is_over:
            for chat in CHATS:
                text = f"from the ledger, {chat} {len(self.written[chat])}"
                self.written[chat].append(text)
                self.account.says(chat, text)
            await asyncio.sleep(len(CHATS) / PER_SECOND)

    async def runs(self) -> None:
        await asyncio.gather(self.writes(), *(self.speaks(chat) for chat in CHATS))

    async def arrived(self, chat: str) -> list[str]:
        return await has_said(self.alice, self.rooms[chat], CLERK)

    async def is_across(self) -> bool:
        for chat in CHATS:
            if len(self.account.heard[chat]) < len(self.said[chat]):
                return False
            if len(await self.arrived(chat)) < len(self.written[chat]):
                return False
        return True

    async def settles(self) -> None:
        """Until everything is across, or it takes too long."""
        for _ in range(SETTLED_S):
            if await self.is_across():
                return
            await asyncio.sleep(1)


async def until_sent(alice: User, room: str, text: str) -> None:
    content = {"msgtype": "m.text", "body": text}
    while True:
        try:
            await sends(alice, room, "m.room.message", content, quote(text))
            return
        except (aiohttp.ClientError, TimeoutError):
            await asyncio.sleep(0.1)


async def kill(bridge: BridgeProcess, homeserver: ServerProcess, chance: random.Random) -> None:
    victims: list[Any] = [bridge] * KILLS_OF_THE_BRIDGE + [homeserver] * KILLS_OF_THE_HOMESERVER
    chance.shuffle(victims)
    for victim in victims:
        await asyncio.sleep(chance.uniform(0.1, 1.2))
        await victim.kill()
        await victim.start()


async def story(
    bridge: BridgeProcess, homeserver: ServerProcess, account: Account, base_url: str
) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
        await bridge.start()
        room = await meets_the_bot(alice)
        await alice.says(room, "login")
        await alice.reads(room, "You are logged in")
        load = Load(alice, account, {chat: await opens(alice, room, chat) for chat in CHATS})
        running = asyncio.create_task(load.runs())
        await kill(bridge, homeserver, random.Random(7))
        load.is_over = True
        await running
        await load.settles()
        for chat in CHATS:
            assert await load.arrived(chat) == load.written[chat]
            assert account.heard[chat] == load.said[chat]
        print(
            f"{sum(map(len, load.said.values()))} to the network ({account.repeated} offered "
            f"again), {sum(map(len, load.written.values()))} to Matrix"
        )
        await bridge.stop()


def test_nothing_is_lost_or_doubled_or_out_of_order(tmp_path: Path) -> None:
    async def act() -> None:
        account = Account()
        port = await account.opens()
        bridge = BridgeProcess(tmp_path, "tests.bridging.ledger", "", {"port": port})
        database = {"engine": "sqlite", "path": str(tmp_path / "homeserver.db")}
        registration = tmp_path / "registration.yaml"
        files = {"appservice_config_files": [str(registration)]}
        homeserver = ServerProcess(tmp_path, database, **files)
        base_url = bridge.homeserver = f"http://127.0.0.1:{homeserver.port}"
        assert bridge.prepare() == registration
        await homeserver.start()
        try:
            await story(bridge, homeserver, account, base_url)
        except BaseException:
            print(bridge.log())
            raise
        finally:
            await bridge.kill()
            await homeserver.kill()
            await account.closes()

    asyncio.run(act())
