"""kill -9 of the bridge and of the homeserver under load: every message once, in order."""

import asyncio
from pathlib import Path

import aiohttp

from tests.appservices.people import User
from tests.bridging.account import Account
from tests.bridging.load import (
    KILLS_OF_THE_BRIDGE,
    KILLS_OF_THE_HOMESERVER,
    Load,
    Mortals,
    mortals,
)
from tests.bridging.people import meets_the_bot, opens

KILLS = KILLS_OF_THE_BRIDGE, KILLS_OF_THE_HOMESERVER
FEW = 2, 1
CHATS = ("north", "south")
CLERK = "@net_clerk:localhost"


async def story(doomed: Mortals, account: Account, kills: tuple[int, int]) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(doomed.base_url, session).register("alice")
        await doomed.bridge.start()
        room = await meets_the_bot(alice)
        await alice.says(room, "login")
        await alice.reads(room, "You are logged in")
        rooms = {chat: await opens(alice, room, chat) for chat in CHATS}
        await Load(alice, account, CLERK, rooms, kills=kills).survives(doomed)
        print(f"{account.repeated} messages were offered to the network again")
        await doomed.bridge.stop()


async def survive(folder: Path, kills: tuple[int, int], **more: object) -> None:
    account = Account()
    settings: dict[str, object] = {"port": await account.opens()}
    async with mortals(folder, "tests.bridging.ledger", settings, **more) as doomed:
        await story(doomed, account, kills)
    await account.closes()


def test_nothing_is_lost_or_doubled_or_out_of_order(tmp_path: Path) -> None:
    asyncio.run(survive(tmp_path, KILLS))


def test_nor_with_what_the_bridge_remembers_on_postgresql(
    tmp_path: Path, postgresql_dsn: str
) -> None:
    asyncio.run(survive(tmp_path, FEW, database=postgresql_dsn))
