"""Sessions of the IRC network beside a real server; their bridge is a notebook."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from attrs import define, field

from bridges.kit.contract import Notebook
from bridges.kit.failures import Transient
from bridges.kit.happenings import Happening
from bridges.kit.network import Login
from bridges.kit.parts import ChatKey, Outgoing, Sent, Text
from bridges.networks.irc import create
from bridges.networks.irc.network import Irc
from bridges.networks.irc.session import IrcSession
from tests.appservices.irc import Chatter
from tests.bridging.irc_peers import IrcNetwork

CHANNEL = "#test"
PATIENCE_S = 20
H = TypeVar("H", bound=Happening)


@define(eq=False)
class Visit:
    """Alice, on the bridge's side."""

    session: IrcSession
    notebook: Notebook
    login: Login
    running: "asyncio.Task[None] | None" = field(default=None)

    @property
    def chat(self) -> ChatKey:
        return ChatKey(CHANNEL, self.login.id)

    async def opens(self, channel: str = CHANNEL) -> ChatKey:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                assert self.running is not None
                if self.running.done():
                    self.running.result()
                try:
                    return await self.session.open_chat(channel)
                except Transient:
                    await asyncio.sleep(0.05)

    async def says(self, text: str, transaction: str, reply_to: str | None = None) -> Sent:
        return await self.session.send(Outgoing(self.chat, (Text(text),), transaction, reply_to))

    async def first(self, kind: type[H], wanted: Callable[[H], bool] = lambda it: True) -> H:
        found = await self.notebook.first(lambda it: isinstance(it, kind) and wanted(it))
        assert isinstance(found, kind)
        return found

    async def leaves(self) -> None:
        assert self.running is not None
        self.running.cancel()
        with suppress(asyncio.CancelledError, Transient):
            await self.running


def network_of(irc: IrcNetwork, *, tls: bool = False, **more: object) -> Irc:
    settings: dict[str, object] = {
        "host": "127.0.0.1",
        "port": irc.tls_port if tls else irc.port,
        "tls": tls,
        "burst": 1000,
        **({"ca_path": str(irc.ca)} if tls else {}),
        **more,
    }
    return create(settings)


def visit(
    irc: IrcNetwork, *, tls: bool = False, secrets: dict[str, str] | None = None, **more: object
) -> Visit:
    return visit_of(network_of(irc, tls=tls, **more), "alice", secrets)


def visit_of(network: Irc, nick: str, secrets: dict[str, str] | None = None) -> Visit:
    notebook, login = Notebook(), Login(f"{nick}@127.0.0.1", nick, secrets or {})
    return Visit(network.session(login, notebook), notebook, login)


@asynccontextmanager
async def running(it: Visit) -> AsyncIterator[Visit]:
    it.running = asyncio.create_task(it.session.run())
    try:
        yield it
    finally:
        await it.leaves()


async def chatter(irc: IrcNetwork, nick: str, *caps: str) -> Chatter:
    """Somebody whose client knows capabilities; who has joined the channel first may rule it."""
    somebody = await Chatter.connects(irc.port, nick)
    if caps:
        somebody.writes(f"CAP REQ :{' '.join(caps)}")
        await somebody.hears(" ACK ")
    await somebody.joins(CHANNEL)
    return somebody
