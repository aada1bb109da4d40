"""IRC keeps the contract of the kit against a real server, ngircd."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bridges.kit.abilities import claimed
from bridges.kit.contract import Contract, Notebook, Town, Visit
from bridges.kit.failures import Transient
from bridges.kit.network import Login
from bridges.kit.parts import ChatKey
from bridges.networks.irc import create
from bridges.networks.irc.network import Irc
from bridges.networks.irc.session import IrcSession
from tests.appservices.irc import Chatter, irc_server

PATIENCE_S = 20


@asynccontextmanager
async def irc_town(notebook: Notebook) -> AsyncIterator[Town]:
    with TemporaryDirectory() as folder, irc_server(Path(folder)) as port:
        bob = await Chatter.connects(port, "bob")
        await bob.joins("#test")
        network = create({"host": "127.0.0.1", "port": port, "tls": False, "burst": 1000})

        async def says(text: str) -> None:
            bob.says("#test", text)

        async def hears(text: str) -> None:
            await bob.hears(f":{text}" if " " in text else text)

        answers = {"nick": "Alice", "password": ""}
        chat = ChatKey("#test", "alice@127.0.0.1")
        yield Town(network, answers, chat, says, hears)
        bob.writer.close()


class TestContract(Contract):
    def town(self, notebook: Notebook) -> AbstractAsyncContextManager[Town]:
        return irc_town(notebook)

    async def ready(self, visit: Visit) -> None:
        session = visit.session
        assert isinstance(session, IrcSession)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    assert await session.open_chat("#test") == visit.town.chat
                    return
                except Transient:
                    await asyncio.sleep(0.05)


def test_a_nick_that_somebody_else_has_is_taken_back_when_it_is_free() -> None:
    async def act() -> None:
        notebook = Notebook()
        async with irc_town(notebook) as town:
            network = town.network
            assert isinstance(network, Irc)
            squatter = await Chatter.connects(network.settings.port, "Alice")
            await squatter.joins("#test")
            session = network.session(Login("alice@127.0.0.1", "Alice"), notebook)
            visit = Visit(town, session, notebook)
            running = asyncio.create_task(session.run())
            await TestContract().ready(visit)
            await visit.sends("who am I", "t1")
            assert (await squatter.hears("who am I")).startswith(":Alice_!")
            squatter.writes("NICK carol")
            await squatter.hears("NICK :Alice")
            await visit.sends("and now", "t2")
            assert (await squatter.hears("and now")).startswith(":Alice!")
            running.cancel()
            squatter.writer.close()

    asyncio.run(act())


def test_its_abilities_are_those_that_it_defines() -> None:
    assert claimed(IrcSession) == [
        "redactions",
        "reactions",
        "typing",
        "receipts",
        "history",
        "topic",
        "inviting",
        "kicking",
        "banning",
        "levels",
        "opening chats",
        "directory",
        "a name for whoever has no login",
    ]
