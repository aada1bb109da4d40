"""People without a login in shared rooms: each has a nick of their own on a real InspIRCd."""

import asyncio
from collections.abc import Iterator

import pytest

from bridges.kit.chats import Person
from bridges.kit.happenings import MemberChange, Message
from bridges.kit.network import Session
from bridges.kit.parts import ChatKey, Outgoing, Text, plain
from tests.bridging.irc_peers import IrcNetwork, inspircd
from tests.bridging.irc_visits import CHANNEL, Visit, chatter, network_of, running, visit_of
from tests.bridging.test_irc_shared import play

SHARED = ChatKey(CHANNEL)
CAROL = Person("@carol:example.org", "Carol Ünger")


@pytest.fixture(scope="module")
def irc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IrcNetwork]:
    with inspircd(tmp_path_factory.mktemp("irc")) as network:
        yield network


async def says(session: Session, text: str) -> None:
    await session.send(Outgoing(SHARED, (Text(text),), f"t {text}"))


async def voice(visit: Visit, person: Person) -> Session:
    session = await visit.session.voice(SHARED, person)
    assert session is not None
    return session


def test_a_guest_speaks_reacts_is_renamed_and_leaves_and_is_no_ghost(irc: IrcNetwork) -> None:
    async def story() -> None:
        bob = await chatter(irc, "bob", "message-tags")
        network = network_of(irc, shared_rooms=True, guests=1)
        alice = visit_of(network, "alice")
        async with running(alice):
            await alice.opens()
            carol = await voice(alice, CAROL)
            await says(carol, "carol speaks")
            assert ":CarolNger[m]!" not in (line := await bob.hears("carol speaks"))
            assert ":Carolnger[m]!" in line
            bob.says(CHANNEL, "hello both")
            heard = await alice.notebook.message("hello both")
            await carol.react(SHARED, heard.id, "🎉")  # type: ignore[attr-defined]
            assert ":Carolnger[m]!" in await bob.hears("🎉")

            assert await alice.session.voice(SHARED, Person("@dave:example.org", "Dave")) is None
            renamed = await voice(alice, Person(CAROL.id, "Caroline"))
            assert renamed is carol
            assert ":Caroline[m]" in await bob.hears("NICK")
            await says(carol, "under another name")
            assert ":Caroline[m]!" in await bob.hears("under another name")
            assert (await alice.session.chat(SHARED)).members == {"bob": "bob"}

            bob.says("Caroline[m]", "psst")
            assert "PRIVMSG bob" in await bob.hears("private messages do not reach me")
            await alice.session.silence(SHARED, CAROL.id)
            assert ":Caroline[m]!" in await bob.hears("PART")
            bob.says(CHANNEL, "the last word")
            await alice.notebook.message("the last word")
            told = alice.notebook.happenings
            assert [plain(it.parts) for it in told if isinstance(it, Message)] == [
                "hello both",
                "the last word",
            ]
            assert [it for it in told if isinstance(it, MemberChange)] == []
        # Whose login lent them their voices takes them along.
        assert await bob.hears("QUIT")
        await network.stop()

    play(story())


def test_a_guest_who_says_nothing_goes_and_comes_back_to_speak(irc: IrcNetwork) -> None:
    async def story() -> None:
        bob = await chatter(irc, "bob")
        alice = visit_of(network_of(irc, shared_rooms=True, guests=2, idle_hours=3 / 3600), "alice")
        async with running(alice):
            await alice.opens()
            await says(await voice(alice, CAROL), "one")
            await bob.hears("one")
            assert ":Carolnger[m]!" in await bob.hears("QUIT")
            await says(await voice(alice, CAROL), "two")
            assert ":Carolnger[m]!" in await bob.hears("two")

    play(story())


def test_whom_the_server_does_not_let_in_is_carried_by_the_login(
    irc: IrcNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridges.kit.guests.AGAIN_S", 0.05)

    async def story() -> None:
        bob = await chatter(irc, "bob")
        network = network_of(irc, shared_rooms=True, guests=2)
        alice = visit_of(network, "alice")
        async with running(alice):
            await alice.opens()
            # From now on nobody who is new finds the server.
            monkeypatch.setattr("bridges.networks.irc.stream.CONNECT_S", 0)
            await alice.session.voice(SHARED, CAROL)
            for _ in range(100):
                if await alice.session.voice(SHARED, CAROL) is None:
                    break
                await asyncio.sleep(0.05)
            await says(alice.session, "<Carol> alice carries this")
            assert ":alice!" in await bob.hears("alice carries this")

    play(story())
