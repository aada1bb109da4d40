"""A bot keeps the contract of the kit in the simulated Telegram."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from bridges.kit.contract import Contract, Notebook, Town
from bridges.kit.parts import ChatKey
from bridges.networks.telegram import create
from tests.bridges.networks.telegram.simulator.people import Person
from tests.bridges.networks.telegram.simulator.server import Simulator


@asynccontextmanager
async def telegram_town(notebook: Notebook) -> AsyncIterator[Town]:
    simulator = Simulator()
    await simulator.opens()
    world = simulator.world
    bot, bob = world.makes_bot(), Person.arrives(world, "Bob")
    friends = world.makes_group("Friends")
    friends.members |= {bob.id: "creator", bot.id: "administrator"}
    network = create({"api": simulator.address, "poll_s": 2, "recall_s": 0.01})

    async def says(text: str) -> None:
        bob.says(friends, text)

    async def hears(text: str) -> None:
        await world.until(
            lambda: [it for it in friends.messages.values() if it.get("text") == text]
        )

    async def shows(content: bytes) -> None:
        bob.shows(friends, content)

    yield Town(network, {"token": bot.token}, ChatKey(str(friends.id)), says, hears, shows=shows)
    await network.stop()
    await simulator.closes()


class TestContract(Contract):
    def town(self, notebook: Notebook) -> AbstractAsyncContextManager[Town]:
        return telegram_town(notebook)
