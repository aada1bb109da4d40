"""Echo keeps the contract, and does what it claims."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from bridges.kit.abilities import claimed
from bridges.kit.contract import Contract, Notebook, Town
from bridges.kit.happenings import Edit
from bridges.kit.network import Login
from bridges.kit.parts import ChatKey, Outgoing, Text
from bridges.networks.echo import create
from bridges.networks.echo.network import EchoSession

CHAT = ChatKey("canyon", "alice")


class TestContract(Contract):
    def town(self, notebook: Notebook) -> AbstractAsyncContextManager[Town]:
        return echo_town(notebook)


@asynccontextmanager
async def echo_town(notebook: Notebook) -> AsyncIterator[Town]:
    network = create({})
    caller = network.session(Login("bob", "Bob"), notebook)

    async def says(text: str) -> None:
        await caller.send(Outgoing(CHAT, (Text(text),), text))

    async def hears(text: str) -> None:
        await notebook.message(text)

    yield Town(network, {"name": "Alice"}, CHAT, says, hears)


def test_an_edit_changes_the_echo() -> None:
    async def act() -> None:
        notebook = Notebook()
        session = create({}).session(Login("alice", "Alice"), notebook)
        sent = await session.send(Outgoing(CHAT, (Text("hello"),), "t1"))
        echo = await notebook.message("hello")

        await session.edit(sent.id, Outgoing(CHAT, (Text("good night"),), "t2"))

        changed = notebook.happenings[-1]
        assert isinstance(changed, Edit)
        assert (changed.target, changed.parts) == (echo.id, (Text("good night"),))

    asyncio.run(act())


def test_its_abilities_are_those_that_it_defines() -> None:
    assert claimed(EchoSession) == [
        "edits",
        "redactions",
        "reactions",
        "votes",
        "history",
        "opening chats",
    ]
