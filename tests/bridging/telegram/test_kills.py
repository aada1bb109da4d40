"""kill -9 of the bridge and of the homeserver, while Alice and Bob on Telegram talk.

Telegram drops no repetitions: after each crash the bridge looks whether it is there.
"""

import asyncio
from pathlib import Path

import aiohttp
from attrs import frozen

from tests.appservices.people import User
from tests.bridges.networks.telegram.simulator.people import Person
from tests.bridges.networks.telegram.simulator.server import Simulator
from tests.bridges.networks.telegram.simulator.world import Bot, Chat
from tests.bridging.load import Load, Mortals, mortals
from tests.bridging.people import logs_in, meets_the_bot, opens

ANSWERS_LATE_S = 0.03
"""Long enough that many kills fall between what Telegram has done and its answer."""

PREFIX = "<alice> "


@frozen(eq=False)
class Account:
    """What Telegram has, by chat."""

    simulator: Simulator
    bot: Bot
    bob: Person
    chats: dict[str, Chat]

    @classmethod
    async def opens(cls) -> "Account":
        simulator = Simulator(answers_late_s=ANSWERS_LATE_S)
        await simulator.opens()
        world = simulator.world
        bot, bob = world.makes_bot(), Person.arrives(world, "Bob")
        chats = {name: world.makes_group(name) for name in ("north", "south")}
        for chat in chats.values():
            chat.members |= {bob.id: "creator", bot.id: "administrator"}
        return cls(simulator, bot, bob, chats)

    def says(self, chat: str, text: str) -> None:
        self.bob.says(self.chats[chat], text)

    def heard_in(self, chat: str) -> list[str]:
        messages = sorted(self.chats[chat].messages.items())
        ours = [it for _, it in messages if (it.get("from") or {}).get("id") == self.bot.id]
        return [str(it["text"]).removeprefix(PREFIX) for it in ours]

    def recalled(self) -> int:
        """How often a message was found that would have been there twice."""
        by_id = {chat.id: chat.messages for chat in self.chats.values()}
        asked = self.bot.calls["editMessageReplyMarkup"]
        found = [by_id[it["chat_id"]].get(it["message_id"], {}) for it in asked]
        return sum((it.get("from") or {}).get("id") == self.bot.id for it in found)


async def story(doomed: Mortals, account: Account) -> None:
    async with aiohttp.ClientSession() as session:
        alice = await User(doomed.base_url, session).register("alice")
        await doomed.bridge.start()
        room = await meets_the_bot(alice)
        await logs_in(alice, room, token=account.bot.token)
        rooms = {chat: await opens(alice, room, f"@{chat}") for chat in account.chats}
        ghost = f"@net_{account.bob.id}:localhost"
        await Load(alice, account, ghost, rooms).survives(doomed)
        asked = len(account.bot.calls["editMessageReplyMarkup"])
        print(f"{account.recalled()} messages were found on Telegram, with {asked} questions")
        await doomed.bridge.stop()


def test_nothing_is_lost_or_doubled_or_out_of_order_on_telegram(tmp_path: Path) -> None:
    async def act() -> None:
        account = await Account.opens()
        settings: dict[str, object] = {
            **{"api": account.simulator.address, "poll_s": 5, "group_messages_per_minute": 0}
        }
        async with mortals(tmp_path, "telegram", settings) as doomed:
            await story(doomed, account)
        await account.simulator.closes()

    asyncio.run(act())
