"""IRC keeps the contract of the kit against a real server, ngircd."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bridges.kit.abilities import claimed
from bridges.kit.contract import Contract, Notebook, Town, Visit
from bridges.kit.failures import Transient
from bridges.kit.parts import ChatKey
from bridges.networks.irc import create
from bridges.networks.irc.network import IrcSession
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


def test_its_abilities_are_those_that_it_defines() -> None:
    assert claimed(IrcSession) == ["topic", "opening chats", "directory"]
