"""A bot of ours that runs in the simulated Telegram, beside Bob."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from attrs import frozen

from bridges.kit.contract import Notebook
from bridges.kit.failures import NetworkFailure
from bridges.kit.network import Bridge, Login
from bridges.kit.parts import ChatKey, Outgoing, Part, Sent, Text
from bridges.networks.telegram import create
from bridges.networks.telegram.network import Telegram
from bridges.networks.telegram.session import BotSession
from tests.bridges.networks.telegram.simulator.people import Person
from tests.bridges.networks.telegram.simulator.server import Simulator
from tests.bridges.networks.telegram.simulator.world import Bot, Chat, World

PATIENCE_S = 10


@frozen(eq=False)
class Stay:
    simulator: Simulator
    network: Telegram
    bot: Bot
    bob: Person
    friends: Chat
    session: BotSession
    notebook: Notebook

    @property
    def world(self) -> World:
        return self.simulator.world

    @property
    def chat(self) -> ChatKey:
        return self.key(self.friends)

    def key(self, chat: Chat, suffix: str = "") -> ChatKey:
        is_shared = chat.id < -1_000_000_000_000
        return ChatKey(f"{chat.id}{suffix}", "" if is_shared else str(self.bot.id))

    async def sends(self, *parts: Part, **more: Any) -> Sent:
        chat = more.pop("chat", self.chat)
        transaction = more.pop("transaction", f"t{len(self.notebook.notes)}{parts}")
        return await self.session.send(Outgoing(chat, parts, transaction, **more))

    async def says(self, text: str, **more: Any) -> Sent:
        return await self.sends(Text(text), **more)

    def there(self, sent: Sent, chat: Chat | None = None) -> dict[str, Any]:
        """As it stands on Telegram."""
        return (chat or self.friends).messages[int(sent.id)]

    async def hears(self, kind: type, **attributes: Any) -> Any:
        def fits(one: object) -> bool:
            given = attributes.items()
            return isinstance(one, kind) and all(getattr(one, k) == v for k, v in given)

        return await self.notebook.first(fits)

    def another(self, bridge: Bridge | None = None) -> BotSession:
        """The same bot after the process was killed: it knows what was kept on disk."""
        login = Login(str(self.bot.id), "Bridge", {"token": self.bot.token})
        return self.network.bot_session(login, bridge or self.notebook)


@asynccontextmanager
async def staying(*, runs: bool = True, **settings: object) -> AsyncIterator[Stay]:
    simulator, notebook = Simulator(), Notebook()
    await simulator.opens()
    world = simulator.world
    bot, bob = world.makes_bot(), Person.arrives(world, "Bob")
    friends = world.makes_group("Friends")
    friends.members |= {bob.id: "creator", bot.id: "administrator"}
    quick = {"api": simulator.address, "poll_s": 2, "recall_s": 0.01}
    network = create(quick | settings)
    login = Login(str(bot.id), "Bridge", {"token": bot.token})
    session = network.bot_session(login, notebook)
    running = asyncio.create_task(session.run() if runs else asyncio.sleep(0))
    if runs:
        await world.until(lambda: bot.wanted)
    try:
        yield Stay(simulator, network, bot, bob, friends, session, notebook)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError, NetworkFailure, OSError):
            await running
        await network.stop()
        await simulator.closes()


def stay(story: Callable[[Stay], Awaitable[None]], **settings: Any) -> None:
    async def act() -> None:
        async with asyncio.timeout(PATIENCE_S), staying(**settings) as town:
            await story(town)

    asyncio.run(act())
