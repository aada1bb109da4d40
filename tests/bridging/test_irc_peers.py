"""IRCv3 against real peers: InspIRCd, with TLS, and atheme, which looks after its nicks."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bridges.kit.contract import Contract, Notebook, Town
from bridges.kit.contract import Visit as ContractVisit
from bridges.kit.failures import BadCredentials, Rejected, Transient
from bridges.kit.happenings import (
    ChatChange,
    MemberChange,
    Message,
    Notice,
    Presence,
    React,
    Typing,
    Unreact,
    UserChange,
)
from bridges.kit.parts import ChatKey, Outgoing, Text, plain
from bridges.networks.irc import create
from bridges.networks.irc.certificates import fingerprint, new_certificate
from bridges.networks.irc.session import IrcSession
from tests.appservices.irc import Chatter
from tests.bridging.irc_peers import IrcNetwork, inspircd
from tests.bridging.irc_visits import CHANNEL, Visit, chatter, running, visit

TAGS = ("message-tags", "server-time", "batch")


@pytest.fixture(scope="module")
def shared_irc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IrcNetwork]:
    with inspircd(tmp_path_factory.mktemp("irc"), services=True) as network:
        yield network


@pytest.fixture
def irc(shared_irc: IrcNetwork) -> IrcNetwork:
    return shared_irc


def play(story: Coroutine[Any, Any, None]) -> None:
    """Whoever is still connected when it fails is not there for the next."""

    async def act() -> None:
        try:
            await story
        finally:
            Chatter.all_leave()

    asyncio.run(act())


async def leave(*people: Chatter) -> None:
    """The channel is empty again, and forgotten."""
    for one in people:
        one.writes("QUIT")
        await one.hears("ERROR")


async def who_keeps_history(irc: IrcNetwork) -> Chatter:
    """Bob, in a channel that plays its last fifty lines to who comes."""
    bob = await chatter(irc, "bob")
    bob.writes(f"MODE {CHANNEL} +H 50:1h")
    await bob.hears("MODE")
    return bob


def after_a_kill(irc: IrcNetwork, before: Visit) -> Visit:
    """A new session, which has what the one before kept."""
    found = visit(irc)
    found.notebook.notes.update(before.notebook.notes)
    return found


class TestContractWithTls(Contract):
    @pytest.fixture(autouse=True)
    def peer(self, shared_irc: IrcNetwork) -> None:
        self.irc = shared_irc

    def town(self, notebook: Notebook) -> AbstractAsyncContextManager[Town]:
        return self._town()

    @asynccontextmanager
    async def _town(self) -> AsyncIterator[Town]:
        bob = await chatter(self.irc, "bob")
        bob.writes(f"MODE {CHANNEL} -t")
        settings = {"host": "127.0.0.1", "port": self.irc.tls_port, "ca_path": str(self.irc.ca)}
        network = create({**settings, "burst": 1000})

        async def says(text: str) -> None:
            bob.says(CHANNEL, text)

        async def hears(text: str) -> None:
            await bob.hears(f":{text}" if " " in text else text)

        chat = ChatKey(CHANNEL, "alice@127.0.0.1")
        yield Town(network, {"nick": "alice", "password": ""}, chat, says, hears)
        await leave(bob)

    async def ready(self, visit: ContractVisit) -> None:
        assert isinstance(visit.session, IrcSession)
        for _ in range(400):
            try:
                await visit.session.open_chat(CHANNEL)
                return
            except Transient:
                await asyncio.sleep(0.05)


# -- who we are


async def registers(irc: IrcNetwork, nick: str) -> Chatter:
    owner = await Chatter.connects(irc.port, nick)
    for _ in range(20):
        owner.writes(f"PRIVMSG NickServ :REGISTER sesame {nick}@example.com")
        line = await owner.hears(" ")
        while "NickServ" not in line and " 401 " not in line:
            line = await owner.hears(" ")
        if " 401 " not in line:
            return owner
        await asyncio.sleep(0.3)
    raise AssertionError("there is no NickServ")


async def account_of(irc: IrcNetwork, nick: str) -> str:
    """As others see it: `nick account :is logged in as`."""
    somebody = await Chatter.connects(irc.port, "whoasks")
    somebody.writes(f"WHOIS {nick}")
    line = await somebody.hears(" ")
    while not any(it in line for it in (" 330 ", " 318 ", " 401 ")):
        line = await somebody.hears(" ")
    await leave(somebody)
    return line.split(" ")[4] if " 330 " in line else ""


def test_a_password_is_proved_by_sasl_and_a_wrong_one_ends_the_login(irc: IrcNetwork) -> None:
    async def story() -> None:
        await leave(await registers(irc, "alice"))
        async with running(visit(irc, tls=True, secrets={"password": "sesame"})) as alice:
            await alice.opens("#proved")
            assert await account_of(irc, "alice") == "alice"
        with pytest.raises(BadCredentials, match="Log in again"):
            await visit(irc, tls=True, secrets={"password": "wrong"}).session.run()

    play(story())


def test_a_certificate_is_proved_by_sasl_external(irc: IrcNetwork) -> None:
    async def story() -> None:
        pem = new_certificate("carla")
        owner = await registers(irc, "carla")
        owner.writes(f"PRIVMSG NickServ :CERT ADD {fingerprint(pem)}")
        await owner.hears("fingerprint")
        await leave(owner)
        secrets = {"account": "carla", "certificate": pem}
        async with running(visit(irc, tls=True, secrets=secrets)) as alice:
            await alice.opens("#proved")
            assert await account_of(irc, "alice") == "carla"
        other = {"account": "carla", "certificate": new_certificate("mallory")}
        with pytest.raises(BadCredentials):
            await visit(irc, tls=True, secrets=other).session.run()

    play(story())


def test_without_sasl_the_password_is_told_to_nickserv(tmp_path: Path) -> None:
    async def story(irc: IrcNetwork) -> None:
        await leave(await registers(irc, "alice"))
        async with running(visit(irc, secrets={"password": "sesame"})) as alice:
            await alice.opens()
            for _ in range(50):
                if await account_of(irc, "alice") == "alice":
                    return
                await asyncio.sleep(0.1)
            raise AssertionError("alice is not identified")

    with inspircd(tmp_path / "plain", services=True, without=("sasl",)) as irc:
        play(story(irc))


def test_a_server_that_cannot_prove_who_it_is_gets_no_password(irc: IrcNetwork) -> None:
    async def story() -> None:
        alice = visit(irc, tls=True, secrets={"password": "sesame"}, ca_path="")
        with pytest.raises(Transient, match="does not prove who it is"):
            await alice.session.run()

    play(story())


# -- what is said


def test_replies_reactions_and_typing_travel_in_tags(irc: IrcNetwork) -> None:
    async def story() -> None:
        bob = await chatter(irc, "bob", *TAGS, "echo-message")
        async with running(visit(irc)) as alice:
            await alice.opens()
            sent = await alice.says("how are you", "t1")
            assert f"msgid={sent.id};" in (await bob.hears("how are you")).replace(" ", ";")

            bob.writes(f"@+draft/reply={sent.id} PRIVMSG {CHANNEL} :well")
            answer = await alice.first(Message, lambda it: plain(it.parts) == "well")
            assert answer.reply_to == sent.id
            bob.writes(f"@+draft/reply={sent.id};+draft/react=👍 TAGMSG {CHANNEL}")
            react = await alice.first(React)
            assert (react.target, react.emoji) == (sent.id, "👍")
            bob.writes(f"@+draft/reply={sent.id};+draft/unreact=👍 TAGMSG {CHANNEL}")
            assert (await alice.first(Unreact)).emoji == "👍"
            bob.writes(f"@+typing=active TAGMSG {CHANNEL}")
            assert (await alice.first(Typing)).seconds > 0

            await alice.says("good", "t2", reply_to=answer.id)
            assert f"+draft/reply={answer.id}" in await bob.hears(":good")
            await alice.session.react(alice.chat, answer.id, "a;b ☺")
            assert "+draft/react=a\\:b\\s☺" in await bob.hears("TAGMSG")
            await alice.session.unreact(alice.chat, answer.id, "a;b ☺")
            assert "+draft/unreact" in await bob.hears("TAGMSG")
            await alice.session.typing(alice.chat, True)
            assert "+typing=active" in await bob.hears("TAGMSG")
        await leave(bob)

    play(story())


def test_what_was_said_while_we_were_away_arrives_once(irc: IrcNetwork) -> None:
    async def story() -> None:
        bob = await who_keeps_history(irc)
        first = visit(irc)
        async with running(first) as alice:
            await alice.opens()
            bob.says(CHANNEL, "one")
            heard = await alice.first(Message, lambda it: it.chat == alice.chat)
            await alice.says("two", "t2")
        bob.says(CHANNEL, "\x01ACTION is three\x01")
        bob.says(CHANNEL, "four")
        second = visit(irc)
        async with running(second) as alice:
            await alice.opens()
            heard_now = (it for it in second.notebook.happenings if isinstance(it, Message))
            messages = [it for it in heard_now if it.chat == alice.chat]
            assert [plain(it.parts) for it in messages] == ["one", "is three", "four"]
            assert messages[0].id == heard.id
            assert heard.sent_at_ms is not None
            # What is played knows only whole seconds.
            assert messages[0].sent_at_ms == heard.sent_at_ms // 1000 * 1000
            page = await alice.session.history(alice.chat, None, 2)
            assert [plain(it.parts) for it in page.messages] == ["is three", "four"]
        await leave(bob)

    play(story())


def test_what_may_have_been_said_already_is_not_said_again(irc: IrcNetwork) -> None:
    """The bridge is killed after the server took a message, before that was noted."""

    async def story() -> None:
        bob = await who_keeps_history(irc)
        first = visit(irc)
        async with running(first) as alice:
            await alice.opens()
            await alice.says("ok", "t1")
            sent = await alice.says("ok", "t2")
        second = after_a_kill(irc, first)
        async with running(second) as alice:
            await alice.opens()
            assert await alice.says("ok", "t2") == sent
            await alice.says("ok", "t3")
        third = after_a_kill(irc, second)
        async with running(third) as alice:
            await alice.opens()
            await alice.says("ok", "t4")
            await alice.says("end", "t5")
        heard = [await bob.hears(f"PRIVMSG {CHANNEL}") for _ in range(5)]
        assert [it.rsplit(":", 1)[1] for it in heard] == ["ok", "ok", "ok", "ok", "end"]
        await leave(bob)

    play(story())


def test_a_text_of_which_half_was_said_is_finished(irc: IrcNetwork) -> None:
    async def story() -> None:
        bob = await who_keeps_history(irc)
        first = visit(irc)
        async with running(first) as alice:
            await alice.opens()
            await alice.says("first", "t1")
        second = after_a_kill(irc, first)
        async with running(second) as alice:
            await alice.opens()
            sent = await alice.says("first\nsecond\nthird", "t1")
            assert len({sent.id, *sent.more}) == 3
        heard = [await bob.hears(f"PRIVMSG {CHANNEL}") for _ in range(3)]
        assert [it.rsplit(":", 1)[1] for it in heard] == ["first", "second", "third"]
        await leave(bob)

    play(story())


# -- who may do what


async def levels_of(alice: Visit, **wanted: int) -> ChatChange:
    return await alice.first(
        ChatChange, lambda it: it.levels is not None and dict(it.levels.users) == wanted
    )


def test_modes_become_levels_and_levels_become_modes(irc: IrcNetwork) -> None:
    async def story() -> None:
        bob = await chatter(irc, "bob")
        carol = await chatter(irc, "carol")
        async with running(visit(irc)) as alice:
            await alice.opens()
            chat = await alice.session.chat(alice.chat)
            assert chat.levels is not None and chat.levels.users == {"bob": 50}
            bob.writes(f"MODE {CHANNEL} +vm-t carol")
            change = await levels_of(alice, bob=50, carol=10)
            assert change.levels is not None
            assert (change.levels.speak, change.levels.change) == (10, 0)
            with pytest.raises(Rejected, match="IRC: "):
                await alice.session.set_levels(alice.chat, {"carol": 50})
            bob.writes(f"MODE {CHANNEL} -m+to alice")
            await alice.first(ChatChange, lambda it: bool(it.levels and it.levels.change == 50))
            await alice.session.set_levels(alice.chat, {"carol": 60, "bob": 0})
            line = await carol.hears("MODE #test -")
            line += await carol.hears("MODE") if "+o" not in line else ""
            assert "+o" in line and "-o" in line
            await alice.session.set_topic(alice.chat, "about rivers")
            await carol.hears("TOPIC #test :about rivers")
        await leave(bob, carol)

    play(story())


def test_people_are_invited_kicked_and_banned_both_ways(irc: IrcNetwork) -> None:
    async def story() -> None:
        bob = await chatter(irc, "bob")
        carol = await chatter(irc, "carol")
        async with running(visit(irc)) as alice:
            await alice.opens()
            bob.writes(f"KICK {CHANNEL} carol :out you go")
            gone = await alice.first(MemberChange, lambda it: it.how == "kicked")
            assert (gone.sender.id, gone.reason) == ("carol", "out you go")
            assert gone.by is not None and gone.by.id == "bob"
            bob.writes(f"MODE {CHANNEL} +b carol!*@*")
            assert (await alice.first(MemberChange, lambda it: it.how == "banned")).sender.id == (
                "carol"
            )
            bob.writes(f"MODE {CHANNEL} +b *!*@spam.example")
            await alice.first(Notice, lambda it: "bob bans *!*@spam.example" in it.text)
            with pytest.raises(Rejected):
                await alice.session.unban(alice.chat, "carol")
            bob.writes(f"MODE {CHANNEL} +o alice")
            await bob.hears("+o")
            await alice.session.unban(alice.chat, "carol")
            await bob.hears("-b :carol!*@*")
            await alice.first(MemberChange, lambda it: it.how == "unbanned")
            await alice.session.invite(alice.chat, "carol")
            await carol.hears(f"INVITE carol :{CHANNEL}")
            await carol.joins(CHANNEL)
            await alice.session.kick(alice.chat, "carol", "sorry")
            assert (await carol.hears("KICK")).endswith(f"KICK {CHANNEL} carol :sorry")
            await carol.joins(CHANNEL)
            await alice.session.ban(alice.chat, "carol", "for good")
            await carol.hears("KICK")
            carol.writes(f"JOIN {CHANNEL}")
            await carol.hears(" 474 ")
            carol.writes("JOIN #elsewhere")
            await carol.hears(" 366 ")
            carol.writes("INVITE alice #elsewhere")
            asked = await alice.first(Message, lambda it: "#elsewhere" in plain(it.parts))
            assert asked.chat.id == "carol"
        await leave(bob, carol)

    play(story())


def test_who_is_away_and_whose_account_it_is_are_told(irc: IrcNetwork) -> None:
    async def story() -> None:
        dora = await registers(irc, "dora")
        async with running(visit(irc)) as alice:
            await alice.opens()
            await dora.joins(CHANNEL)
            known = await alice.first(UserChange)
            assert known.user.handles == ("irc-account:dora",)
            dora.writes("AWAY :at the sea")
            away = await alice.first(Presence)
            assert (away.state, away.text) == ("unavailable", "at the sea")
            dora.writes("AWAY")
            await alice.first(Presence, lambda it: it.state == "online")
        await leave(dora)

    play(story())


def test_a_conversation_of_two_and_long_lines_in_any_script(irc: IrcNetwork) -> None:
    async def story() -> None:
        bob = await chatter(irc, "bob")
        async with running(visit(irc)) as alice:
            chat = await alice.opens("bob")
            long = "жук " * 300
            await alice.session.send(Outgoing(chat, (Text(long.strip()),), "t1"))
            pieces = [(await bob.hears("PRIVMSG bob")).split(" :", 1)[1] for _ in range(3)]
            assert " ".join(pieces) + " " == long[: len(" ".join(pieces)) + 1]
            bob.says("alice", "\x0304,01red\x03 and \x02bold\x02")
            heard = await alice.first(Message, lambda it: it.chat == chat)
            (text,) = heard.parts
            assert isinstance(text, Text)
            assert (text.body, [it.kind for it in text.spans]) == ("red and bold", ["bold"])
        await leave(bob)

    play(story())
