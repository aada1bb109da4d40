"""What a session does with a server by script: history, redactions, markers, odd lines."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from bridges.kit.contract import Notebook
from bridges.kit.failures import Rejected, Transient, Unsupported
from bridges.kit.happenings import MemberChange, Message, Notice, Presence, Read, Remove
from bridges.kit.network import Login
from bridges.kit.parts import ChatKey, Outgoing, Text, plain
from bridges.networks.irc import create, splits
from bridges.networks.irc.session import IrcSession
from tests.bridges.networks.irc.peer import CHANNEL, Peer

CHAT = ChatKey(CHANNEL, "alice@127.0.0.1")
Story = Callable[[Peer, IrcSession, Notebook], Awaitable[None]]


def play(story: Story, peer: Peer | None = None) -> None:
    async def act() -> None:
        there, notebook = peer or Peer(), Notebook()
        await there.opens()
        settings = {"host": "127.0.0.1", "port": there.port, "tls": False, "burst": 1000}
        session = create(settings).session(Login(CHAT.receiver, "alice"), notebook)
        running = asyncio.create_task(session.run())
        try:
            async with asyncio.timeout(10):
                await session.open_chat(CHANNEL)
                await story(there, session, notebook)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError, Transient):
                await running
            there.closes()

    asyncio.run(act())


def says(session: IrcSession, text: str, id: str = "t1") -> Awaitable[object]:
    return session.send(Outgoing(CHAT, (Text(text),), id))


def texts(notebook: Notebook) -> list[str]:
    return [plain(it.parts) for it in notebook.happenings if isinstance(it, Message)]


def test_the_past_is_asked_for_page_by_page_and_what_was_missed_comes_before_news() -> None:
    peer = Peer()
    for number in range(5):
        peer.bob_says(f"old {number}", heard=False)

    async def story(peer: Peer, session: IrcSession, notebook: Notebook) -> None:
        peer.bob_says("new")
        await notebook.message("new")
        assert texts(notebook) == [*(f"old {number}" for number in range(5)), "new"]
        found: list[str] = []
        before = None
        while True:
            page = await session.history(CHAT, before, 2)
            found[:0] = [plain(it.parts) for it in page.messages]
            if (before := page.before) is None:
                break
        assert found == [*(f"old {number}" for number in range(5)), "new"]
        assert all(it.sent_at_ms for it in notebook.happenings if isinstance(it, Message))

    play(story, peer)


def test_what_we_said_is_taken_back_and_refusals_are_told_in_the_servers_words() -> None:
    async def story(peer: Peer, session: IrcSession, notebook: Notebook) -> None:
        theirs = peer.bob_says("mine")
        await notebook.message("mine")
        sent = await session.send(Outgoing(CHAT, (Text("oops"),), "t1"))
        await session.redact(CHAT, sent.id)
        assert (await peer.hears(lambda it: it.command == "REDACT")).parameters == (
            CHANNEL,
            sent.id,
        )
        with pytest.raises(Rejected, match="It is not yours"):
            await session.redact(CHAT, f"m{theirs.number}")
        with pytest.raises(Rejected, match="No such message"):
            await session.redact(CHAT, "m99")
        peer.writes(f":bob!b@h REDACT {CHANNEL} m{theirs.number} :spam")
        assert (await notebook.first_of(Remove)).target == f"m{theirs.number}"

    play(story)


def test_where_the_server_cannot_take_back_that_is_said() -> None:
    async def story(peer: Peer, session: IrcSession, notebook: Notebook) -> None:
        with pytest.raises(Unsupported, match="cannot take messages back"):
            await session.redact(CHAT, "m0")

    play(story, Peer(caps="message-tags server-time"))


def test_what_was_read_is_marked_by_its_time_in_both_directions() -> None:
    async def story(peer: Peer, session: IrcSession, notebook: Notebook) -> None:
        first, second = peer.bob_says("one"), peer.bob_says("two")
        await notebook.message("two")
        await session.read(CHAT, f"m{first.number}")
        marked = await peer.hears(lambda it: it.command == "MARKREAD")
        assert marked.parameters == (CHANNEL, "timestamp=2026-01-01T00:00:00.000Z")
        # The server tells all our devices, this one, too; and then another has read on.
        peer.writes(f":s MARKREAD {CHANNEL} {marked.parameters[1]}")
        peer.writes(f":s MARKREAD {CHANNEL} timestamp=2026-01-01T00:00:01.500Z")
        peer.writes(f":s MARKREAD {CHANNEL} *")
        read = await notebook.first_of(Read)
        assert (read.sender.me, read.upto) == (True, f"m{second.number}")
        await session.read(CHAT, f"m{first.number}")
        await says(session, "after")
        assert sum(it.command == "MARKREAD" for it in peer.lines) == 1
        assert sum(isinstance(it, Read) for it in notebook.happenings) == 1

    play(story)


def test_odd_lines_break_nothing_and_are_carried_as_they_can_be_read() -> None:
    async def story(peer: Peer, session: IrcSession, notebook: Notebook) -> None:
        peer.bob_says("\x07bell \x01 and \u202eback\u202c \ufeff")
        peer.bob_says("x" * 9_000)
        peer.writes(":", "@", "@a=b", ":bob!b@h", ":bob!b@h PRIVMSG", ":bob!b@h KICK #test")
        peer.writes(":bob!b@h NICK", ":bob!b@h MODE #test +oooo", ":s 353 alice", ":s FAIL X")
        peer.writes(":bob!b@h TAGMSG #test", "BATCH +x", "BATCH", ":bob!b@h AWAY", "MARKREAD")
        peer.bob_says("still here")
        await notebook.message("still here")
        bell, long, *_ = texts(notebook)
        assert "bell" in bell and "\u202eback" in bell
        assert long == "x" * 9_000

    play(story)


def test_nicks_that_differ_in_case_only_are_one_person() -> None:
    async def story(peer: Peer, session: IrcSession, notebook: Notebook) -> None:
        peer.writes(":bob!b@h NICK Bob", f"@msgid=a :BOB!b@h PRIVMSG {CHANNEL} :shout")
        heard = await notebook.message("shout")
        assert heard.sender.id == "bob"
        moved = [it for it in notebook.happenings if isinstance(it, MemberChange)]
        assert [(it.sender.id, it.sender.name, it.present) for it in moved] == [
            ("bob", "Bob", True)
        ]

    play(story)


def test_a_server_that_hangs_up_in_the_middle_of_an_answer_is_waited_for() -> None:
    async def story(peer: Peer, session: IrcSession, notebook: Notebook) -> None:
        peer.is_silent = True
        saying = asyncio.ensure_future(says(session, "the last word"))
        await peer.hears(lambda it: it.command == "PRIVMSG")
        peer.hangs_up()
        with pytest.raises(Transient):
            await saying

    play(story)


def test_who_is_away_is_told() -> None:
    async def story(peer: Peer, session: IrcSession, notebook: Notebook) -> None:
        peer.writes(":bob!b@h AWAY :at lunch", ":bob!b@h AWAY")
        await notebook.first(lambda it: isinstance(it, Presence) and it.state == "online")
        states = [(it.state, it.text) for it in notebook.happenings if isinstance(it, Presence)]
        assert states == [("unavailable", "at lunch"), ("online", "")]

    play(story)


def is_about(it: object, id: str) -> bool:
    return isinstance(it, MemberChange) and it.sender.id == id


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Splits are told, and over, at once."""
    monkeypatch.setattr(splits, "SETTLED_S", 0.1)
    monkeypatch.setattr(splits, "BACK_S", 0.3)


@pytest.mark.usefixtures("soon")
def test_a_channel_of_a_thousand_is_joined_and_a_split_of_200_is_told_in_one_line() -> None:
    people = [f"member{number}" for number in range(1000)]

    async def story(peer: Peer, session: IrcSession, notebook: Notebook) -> None:
        assert len((await session.chat(CHAT)).members) == 1000
        gone = people[:200]
        peer.writes(*(f":{it}!m@h QUIT :hub.irc.test leaf.irc.test" for it in gone))
        notice = await notebook.first_of(Notice)
        assert notice.text == "The network has split. 200 people are away for now."
        assert len((await session.chat(CHAT)).members) == 800
        peer.writes(*(f":{it}!m@h JOIN {CHANNEL}" for it in gone[:199]))
        peer.writes(":member999!m@h QUIT :good night all")
        last = await notebook.first(
            lambda it: isinstance(it, MemberChange) and it.sender.id == gone[-1]
        )
        moved = [it for it in notebook.happenings if isinstance(it, MemberChange)]
        assert [(it.sender.id, it.present) for it in moved] == [
            ("member999", False),
            (gone[-1], False),
        ]
        assert isinstance(last, MemberChange) and last.reason == "hub.irc.test leaf.irc.test"
        assert len((await session.chat(CHAT)).members) == 998

    play(story, Peer(members=people))
