"""kill -9 of the bridge and of the homeserver under load: every message once, in order."""

import asyncio
from pathlib import Path

import aiohttp

from tests.appservices.people import User
from tests.bridging.account import Account
from tests.bridging.load import Load, Mortals, mortals
from tests.bridging.people import meets_the_bot, opens

CHATS = ("north", "south")
CLERK = "@net_clerk:localhost"


async def story(doomed: Mortals, account: Account) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(doomed.base_url, session).register("alice")
        await doomed.bridge.start()
        room = await meets_the_bot(alice)
        await alice.says(room, "login")
        await alice.reads(room, "You are logged in")
        rooms = {chat: await opens(alice, room, chat) for chat in CHATS}
        await Load(alice, account, CLERK, rooms).survives(doomed)
        print(f"{account.repeated} messages were offered to the network again")
        await doomed.bridge.stop()


def test_nothing_is_lost_or_doubled_or_out_of_order(tmp_path: Path) -> None:
    async def act() -> None:
        account = Account()
        settings: dict[str, object] = {"port": await account.opens()}
        async with mortals(tmp_path, "tests.bridging.ledger", settings) as doomed:
            await story(doomed, account)
        await account.closes()

    asyncio.run(act())
