"""Several people of ours meet in one room: each speaks with their own nick, and one listens."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from bridges.kit.contract import Answers
from bridges.kit.failures import Rejected
from bridges.kit.happenings import ChatChange, MemberChange, Message, Notice
from bridges.kit.parts import ChatKey, Outgoing, Sent, Text, plain
from bridges.networks.irc.network import Irc
from tests.appservices.irc import Chatter
from tests.bridging.irc_peers import IrcNetwork, inspircd
from tests.bridging.irc_visits import CHANNEL, Visit, chatter, network_of, running, visit_of

SHARED = ChatKey(CHANNEL)


@pytest.fixture(scope="module")
def irc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IrcNetwork]:
    with inspircd(tmp_path_factory.mktemp("irc")) as network:
        yield network


def play(story: Coroutine[Any, Any, None]) -> None:
    async def act() -> None:
        try:
            async with asyncio.timeout(60):
                await story
        finally:
            Chatter.all_leave()

    asyncio.run(act())


def people(irc: IrcNetwork, **more: object) -> tuple[Irc, Visit, Visit]:
    network = network_of(irc, tls=False, shared_rooms=True, **more)
    return network, visit_of(network, "alice"), visit_of(network, "dora")


async def says(visit: Visit, text: str) -> Sent:
    return await visit.session.send(Outgoing(SHARED, (Text(text),), f"t {text}"))


def texts(visit: Visit) -> list[str]:
    heard = (it for it in visit.notebook.happenings if isinstance(it, Message))
    return [plain(it.parts) for it in heard if it.chat == SHARED]


async def settled(bob: Chatter, visit: Visit) -> None:
    """All that was said before has been heard."""
    bob.says(visit.login.name, "private")
    await visit.notebook.message("private")


def test_what_is_said_is_told_once_and_none_of_us_is_a_ghost(irc: IrcNetwork) -> None:
    async def story() -> None:
        bob = await chatter(irc, "bob")
        _, alice, dora = people(irc)
        async with running(alice), running(dora):
            assert await alice.opens() == await dora.opens() == SHARED
            assert (await dora.session.chat(SHARED)).members == {"bob": "bob"}
            bob.says(CHANNEL, "one")
            assert (await alice.notebook.message("one")).chat == SHARED
            await says(alice, "from alice")
            assert (await bob.hears("from alice")).startswith(":alice!")
            await says(dora, "from dora")
            assert (await bob.hears("from dora")).startswith(":dora!")
            await settled(bob, alice)
            await settled(bob, dora)
            assert (texts(alice), texts(dora)) == (["one"], [])
            moved = [it for it in alice.notebook.happenings if isinstance(it, MemberChange)]
            assert [it.sender.id for it in moved] == []

    play(story())


def test_when_the_one_who_listens_goes_another_listens(irc: IrcNetwork) -> None:
    async def story() -> None:
        bob = await chatter(irc, "bob")
        _, alice, dora = people(irc)
        async with running(dora):
            async with running(alice):
                await alice.opens()
                await dora.opens()
                bob.writes(f"MODE {CHANNEL} +o dora")
                await alice.first(ChatChange)
            await bob.hears("QUIT")
            bob.says(CHANNEL, "two")
            await dora.notebook.message("two")
            await dora.session.follow(SHARED, False)
            await bob.hears("PART")
            await dora.session.follow(SHARED, True)
            await bob.hears("JOIN")
            bob.writes(f"KICK {CHANNEL} dora :enough")
            assert "put dora out" in (await dora.first(Notice)).text

    play(story())


def test_who_says_nothing_is_disconnected_until_they_speak(irc: IrcNetwork) -> None:
    async def story() -> None:
        bob = await chatter(irc, "bob")
        _, alice, dora = people(irc, idle_hours=2 / 3600)
        async with running(alice):
            await alice.opens()
            async with running(dora):
                await dora.opens()
                await bob.hears(":dora!")
                assert "QUIT" in await bob.hears(":dora!")
            # As the framework does: who is disconnected is run again.
            async with running(dora):
                await asyncio.sleep(0.2)
                assert dora.running is not None and not dora.running.done()
                await says(dora, "here again")
                assert (await bob.hears("here again")).startswith(":dora!")
                bob.says(CHANNEL, "alice listens on")
                await alice.notebook.message("alice listens on")

    play(story())


def test_no_more_are_connected_than_the_operator_allows(irc: IrcNetwork) -> None:
    async def story() -> None:
        network, alice, _ = people(irc, max_connections=1)
        async with running(alice):
            await alice.opens()
            with pytest.raises(Rejected, match="1 connections at most"):
                await network.login(network.flows[0], Answers({"nick": "dora"}))

    play(story())
