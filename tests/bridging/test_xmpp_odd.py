"""Odd people, odd texts and a server that dies, on a real Prosody, by accounts and a component."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from xml.etree.ElementTree import Element

import pytest
from attrs import define, field

from bridges.kit.chats import Person
from bridges.kit.claims import PIXEL
from bridges.kit.contract import Here, Notebook
from bridges.kit.failures import Fatal, Rejected, Transient
from bridges.kit.happenings import MemberChange, Message
from bridges.kit.network import Login
from bridges.kit.parts import ChatKey, Outgoing, Text, plain
from bridges.networks.xmpp import create
from bridges.networks.xmpp.cards import Card
from bridges.networks.xmpp.network import Xmpp
from bridges.networks.xmpp.session import XmppSession
from tests.bridging.xmpp_server import COMPONENT, ROOMS, Friend, XmppServer, body_of, xmpp_server

PATIENCE_S = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XmppServer]:
    with xmpp_server(tmp_path_factory.mktemp("prosody"), "bob", "carol") as found:
        yield found


@define
class Somebody(Notebook):
    name: str = ""
    may_connect: asyncio.Event = field(factory=asyncio.Event)

    async def owner(self) -> Person:
        return Person(f"@{self.name.lower()}:example.org", self.name)


@asynccontextmanager
async def address(network: Xmpp, name: str) -> AsyncIterator[tuple[XmppSession, Somebody]]:
    """Somebody's session, run again whenever it ends."""
    notebook, jid = Somebody(name=name), f"{name.lower()}@{COMPONENT}"
    session = network.session(Login(jid, jid), notebook)

    async def keep() -> None:
        while True:
            await notebook.may_connect.wait()
            with suppress(Transient):
                await session.run()
            await asyncio.sleep(0.1)

    notebook.may_connect.set()
    running = asyncio.create_task(keep())
    try:
        yield session, notebook
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def joined(session: XmppSession, room: str) -> ChatKey:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(Transient):
                return await session.open_chat(room)
            await asyncio.sleep(0.1)


async def network_of(server: XmppServer) -> Xmpp:
    network = create(server.as_component())
    await network.start(Here())
    return network


async def says(session: XmppSession, chat: ChatKey, text: str) -> None:
    """As the framework does: until it is taken or refused."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(Transient):
                await session.send(Outgoing(chat, (Text(text),), f"t {text[:40]}"))
                return
            await asyncio.sleep(0.1)


def is_from(nick: str, text: str, message: Element) -> bool:
    return body_of(message) == text and nick in (message.get("from") or "")


def texts(notebook: Notebook) -> list[str]:
    return [plain(it.parts) for it in notebook.happenings if isinstance(it, Message)]


def test_nicks_that_differ_in_case_only_are_two_people_and_odd_texts_cross(
    server: XmppServer,
) -> None:
    async def act() -> None:
        bob, carol = await Friend.connects(server, "bob"), await Friend.connects(server, "carol")
        room = f"odd@{ROOMS}"
        await bob.joins(room, "bob")
        network = await network_of(server)
        async with address(network, "Alice") as (alice, notebook):
            chat = await joined(alice, room)
            await carol.joins(room, "BOB")
            came = await notebook.first_of(MemberChange)
            bob.says(room, "small")
            carol.says(room, "LARGE")
            small, large = await notebook.message("small"), await notebook.message("LARGE")
            assert (small.sender.name, large.sender.name) == ("bob", "BOB")
            assert small.sender.id != large.sender.id == came.sender.id
            for text in ("\u202eback\u202c to \u200b front", "long " * 20_000 + "end"):
                bob.says(room, text)
                assert (await notebook.message(text)).sender == small.sender
                await says(alice, chat, text)
                await bob.hears(partial(is_from, "/Alice", text))
            await says(alice, chat, "bell \x07 and \x00 gone")
            await bob.reads("bell  and  gone")
            with pytest.raises(Rejected):
                await alice.send(Outgoing(chat, (Text("\x00"),), "nothing"))
        await network.stop()
        bob.leaves()
        carol.leaves()

    asyncio.run(act())


def test_a_server_that_dies_is_waited_for_and_nothing_is_lost_or_doubled(
    server: XmppServer,
) -> None:
    async def act() -> None:
        bob = await Friend.connects(server, "bob")
        room = f"dying@{ROOMS}"
        await bob.joins(room, "Bob")
        network = await network_of(server)
        async with (
            address(network, "Alice") as (alice, hers),
            address(network, "Dora") as (
                dora,
                doras,
            ),
        ):
            chat = await joined(alice, room)
            assert await joined(dora, room) == chat
            await says(alice, chat, "before")
            await bob.reads("before")
            bob.leaves()
            for one in (hers, doras):
                one.may_connect.clear()
            server.ends(killed=True)
            waiting = asyncio.create_task(says(dora, chat, "said into the void"))
            server.starts()
            bob = await Friend.connects(server, "bob")
            await bob.joins(room, "Bob")
            for one in (hers, doras):
                one.may_connect.set()
            await waiting
            await bob.reads("said into the void")
            await says(alice, chat, "after")
            assert "/Alice" in ((await bob.reads("after")).get("from") or "")
            bob.says(room, "welcome back")
            for _ in range(200):
                if told := texts(hers) + texts(doras):
                    break
                await asyncio.sleep(0.05)
            assert told == ["welcome back"]
            said = [body_of(it) for it in bob.heard if body_of(it)]
            assert said.count("said into the void") == 1
        await network.stop()
        bob.leaves()

    asyncio.run(act())


@pytest.mark.parametrize(
    "wrong", [{"component_secret": "wrong"}, {"component": "elsewhere.xmpp.test"}]
)
def test_a_component_that_the_server_does_not_know_is_told_so(
    server: XmppServer, wrong: dict[str, object]
) -> None:
    async def act() -> None:
        network = create(server.as_component() | wrong)
        login = Login(f"alice@{COMPONENT}", "Alice")
        with pytest.raises(Fatal, match="does not take the domain"):
            await network.session(login, Somebody(name="Alice")).run()
        await network.stop()

    asyncio.run(act())


def test_the_picture_of_somebody_is_had_though_the_room_hides_their_address(
    server: XmppServer,
) -> None:
    async def act() -> None:
        bob, room = await Friend.connects(server, "bob"), f"pictures@{ROOMS}"
        question = bob.client.make_iq_set()
        question.xml.append(Card("Bobby", PIXEL).vcard())
        await question.send()
        await bob.joins(room, "Bob")
        network = await network_of(server)
        async with address(network, "Alice") as (alice, notebook):
            await joined(alice, room)
            bob.says(room, "look at me")
            heard = await notebook.message("look at me")
            assert heard.sender.id.startswith(f"{room}/#")
            user = await alice.user(heard.sender.id)
            assert user.name == "Bob" and user.picture is not None
            assert await user.picture.content.read() == PIXEL
        await network.stop()
        bob.leaves()

    asyncio.run(act())
