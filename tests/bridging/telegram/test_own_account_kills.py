"""kill -9 of bridge and homeserver, while Alice talks over her own account of Telegram."""

import asyncio
import os
from pathlib import Path

import aiohttp
from attrs import frozen

from tests.appservices.people import User
from tests.bridges.networks.telegram.user.script import ALICE, BOB, CODE, FRIENDS, PRIVATE
from tests.bridging.load import Load, Mortals, mortals
from tests.bridging.people import BOT, meets_the_bot, opens
from tests.bridging.telegram.distant import Exchange, Telegram
from tests.clients.started_server import free_port

CHATS = {"@friends": FRIENDS, "502": PRIVATE}
GHOST = "@net_502:localhost"
KILLS = (
    int(os.environ.get("ISTHMUS_BRIDGE_KILLS", "3")),
    int(os.environ.get("ISTHMUS_HOMESERVER_KILLS", "1")),
)
"""By default fewer than on the other networks: this one shares its story with them."""


@frozen(eq=False)
class Account:
    """What Telegram has, by chat."""

    telegram: Telegram

    def says(self, chat: str, text: str) -> None:
        self.telegram.says(text, BOB, CHATS[chat])

    def heard_in(self, chat: str) -> list[str]:
        said = self.telegram.said[CHATS[chat]["id"]]
        return [it["text"] for it in said if it["from"] == ALICE]


async def nobody_else_spoke(alice: User, rooms: dict[str, str]) -> None:
    """Her own words do not come back as said on another device."""
    for room in rooms.values():
        query = {"dir": "b", "limit": "500"}
        page = await alice.ask("GET", f"/v3/rooms/{room}/messages", **query)
        said = [it["sender"] for it in page["chunk"] if it["type"] == "m.room.message"]
        assert set(said) <= {alice.user_id, GHOST, BOT}


async def story(doomed: Mortals, account: Account) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(doomed.base_url, session).register("alice")
        await doomed.bridge.start()
        room = await meets_the_bot(alice)
        for question, answer in (
            ("This is the bridge to", "login phone"),
            ("Your telephone number", "+491"),
            ("The code", CODE),
        ):
            await alice.reads(room, question)
            await alice.says(room, answer)
        await alice.reads(room, "You are logged in as Alice")
        rooms = {chat: await opens(alice, room, chat) for chat in CHATS}
        await Load(alice, account, GHOST, rooms, kills=KILLS).survives(doomed)
        await nobody_else_spoke(alice, rooms)
        await doomed.bridge.stop()


def test_nothing_is_lost_or_doubled_or_out_of_order_over_an_own_account(tmp_path: Path) -> None:
    async def act() -> None:
        telegram, port = Telegram(), free_port()
        exchange = Exchange(telegram)
        await exchange.opens(port)
        network = "tests.bridging.telegram.distant"
        async with mortals(tmp_path, network, {"port": port}) as doomed:
            await story(doomed, Account(telegram))
        await exchange.closes()

    asyncio.run(act())
