"""kill -9 of the bridge and of the homeserver under load: every message once, in order."""

import asyncio
from pathlib import Path

import aiohttp

from tests.appservices.people import User
from tests.bridging.account import Account
from tests.bridging.load import Load
from tests.bridging.people import meets_the_bot, opens
from tests.bridging.started_bridge import BridgeProcess
from tests.durability.server import ServerProcess

CHATS = ("north", "south")
CLERK = "@net_clerk:localhost"


async def story(
    bridge: BridgeProcess, homeserver: ServerProcess, account: Account, base_url: str
) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(base_url, session).register("alice")
        await bridge.start()
        room = await meets_the_bot(alice)
        await alice.says(room, "login")
        await alice.reads(room, "You are logged in")
        rooms = {chat: await opens(alice, room, chat) for chat in CHATS}
        await Load(alice, account, CLERK, rooms).survives(bridge, homeserver)
        print(f"{account.repeated} messages were offered to the network again")
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
