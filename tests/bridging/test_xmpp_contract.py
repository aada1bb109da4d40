"""XMPP keeps the contract of the kit against a real server, Prosody."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import frozen

from bridges.kit.contract import Answers, Contract, Notebook, Town, Visit, log_in
from bridges.kit.failures import BadCredentials, Rejected, Transient
from bridges.kit.happenings import (
    ChatChange,
    Delivered,
    Edit,
    MemberChange,
    Message,
    React,
    Read,
    Remove,
    Typing,
    Unreact,
)
from bridges.kit.parts import ChatKey, Media, Outgoing, Span, Text, Unknown
from bridges.networks.xmpp import create, names, writing
from bridges.networks.xmpp.names import tag
from bridges.networks.xmpp.session import XmppSession
from tests.bridging.xmpp_server import HOST, PASSWORD, ROOMS, Friend, XmppServer, xmpp_server

ALICE, BOB = f"alice@{HOST}", f"bob@{HOST}"
ROOM = ChatKey(f"hall@{ROOMS}", ALICE)
TO_BOB = ChatKey(BOB, ALICE)
PATIENCE_S = 20
SERVERS: list[XmppServer] = []


@frozen
class XmppTown(Town):
    server: XmppServer
    bob: Friend


@pytest.fixture(scope="module", autouse=True)
def prosody() -> Iterator[None]:
    """One server for all; each town destroys its room."""
    with (
        TemporaryDirectory() as folder,
        xmpp_server(Path(folder), "alice", "bob", "carol") as server,
    ):
        SERVERS.append(server)
        yield
        SERVERS.clear()


@asynccontextmanager
async def xmpp_town(notebook: Notebook) -> AsyncIterator[XmppTown]:
    (server,) = SERVERS
    bob = await Friend.connects(server, "bob")
    await bob.joins(ROOM.id, "Bob")
    network = create(server.settings())

    async def says(text: str) -> None:
        bob.says(ROOM.id, text)

    async def hears(text: str) -> None:
        await bob.reads(text)

    answers = {"jid": ALICE, "password": PASSWORD, "nick": "Alice"}
    yield XmppTown(network, answers, ROOM, says, hears, server, bob)
    await bob.client.plugin["xep_0045"].destroy(ROOM.id)
    bob.leaves()


class TestContract(Contract):
    def town(self, notebook: Notebook) -> AbstractAsyncContextManager[Town]:
        return xmpp_town(notebook)

    async def ready(self, visit: Visit) -> None:
        await opened(visit, ROOM.id)


async def opened(visit: Visit, chat: str) -> None:
    session = visit.session
    assert isinstance(session, XmppSession)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await session.open_chat(chat)
                return
            except Transient:
                await asyncio.sleep(0.05)


def visits(story: Callable[[Visit, Friend], Awaitable[None]]) -> None:
    async def with_bob(visit: Visit) -> None:
        assert isinstance(visit.town, XmppTown)
        await story(visit, visit.town.bob)

    TestContract().visit(with_bob)


@pytest.mark.parametrize("chat", [ROOM, TO_BOB], ids=["room", "two"])
def test_edits_answers_reactions_and_retractions_cross_both_ways(chat: ChatKey) -> None:
    async def story(visit: Visit, bob: Friend) -> None:
        there, session = chat.id if chat == ROOM else ALICE, visit.session
        assert isinstance(session, XmppSession)
        own_id = bob.says(there, "frist *of* all")
        first = await visit.notebook.first_of(Message)
        assert first.parts == (Text("frist of all", (Span(6, 2, "bold"),)),)
        assert first.sender.name == "Bob" or chat == TO_BOB
        bob.says(there, "first", writing.correction(own_id))
        edit = await visit.notebook.first_of(Edit)
        assert (edit.target, edit.parts) == (first.id, (Text("first"),))

        sent = await session.send(Outgoing(chat, (Text("yes"),), "t1", reply_to=first.id))
        got = await bob.reads("yes")
        reply = got.find(tag(names.REPLY, "reply"))
        assert reply is not None and reply.get("id") == first.id
        bob.sends(there, *writing.reactions(sent.id, ("👍", "🎉")))
        bob.sends(there, *writing.reactions(sent.id, ("🎉",)))
        gone = await visit.notebook.first_of(Unreact)
        assert (gone.target, gone.emoji) == (sent.id, "👍")
        shown = [it.emoji for it in visit.notebook.happenings if isinstance(it, React)]
        assert shown == ["👍", "🎉"]

        await session.react(chat, first.id, "❤️")
        await bob.hears(lambda it: first.id in ids_at(it, names.REACTIONS, "reactions"))
        await session.edit(sent.id, Outgoing(chat, (Text("yes!"),), "t2"))
        named = got.get("id")
        changed = await bob.reads("yes!")
        assert ids_at(changed, names.CORRECT, "replace") == [named]
        await session.redact(chat, sent.id)
        await bob.hears(lambda it: ids_at(it, names.RETRACT, "retract") == [sent.id])
        bob.sends(there, *writing.retraction(first.id))
        assert (await visit.notebook.first_of(Remove)).target == first.id

    visits(story)


def ids_at(message: object, space: str, name: str) -> list[str]:
    found = message.findall(tag(space, name))  # type: ignore[attr-defined]
    return [it.get("id") for it in found]


def test_typing_receipts_and_markers_cross_both_ways() -> None:
    async def story(visit: Visit, bob: Friend) -> None:
        session = visit.session
        assert isinstance(session, XmppSession)
        bob.sends(ALICE, *writing.state(True))
        assert (await visit.notebook.first_of(Typing)).sender.id == BOB
        sent = await session.send(Outgoing(TO_BOB, (Text("hello"),), "t1"))
        bob.sends(ALICE, writing.element(names.RECEIPTS, "received", id=sent.id))
        assert (await visit.notebook.first_of(Delivered)).upto == sent.id
        bob.sends(ALICE, *writing.displayed(sent.id))
        read = await visit.notebook.first_of(Read)
        assert (read.chat, read.upto) == (TO_BOB, sent.id)

        bob.says(ALICE, "and you?", id="b1")
        await visit.notebook.message("and you?")
        await session.typing(TO_BOB, True)
        await bob.hears(lambda it: it.find(tag(names.STATES, "composing")) is not None)
        await session.read(TO_BOB, "b1")
        await bob.hears(lambda it: ids_at(it, names.MARKERS, "displayed") == ["b1"])

    visits(story)


def test_files_cross_both_ways_and_strangers_addresses_are_not_private_ones() -> None:
    async def story(visit: Visit, bob: Friend) -> None:
        session = visit.session
        assert isinstance(session, XmppSession)
        picture = Media("image", "cat.png", "image/png", b"png", caption=Text("my cat"))
        await session.send(Outgoing(ROOM, (picture,), "t1"))
        await bob.reads("my cat")
        got = await bob.hears(lambda it: it.find(tag(names.OOB, "x")) is not None)
        url = got.findtext(f"{tag(names.OOB, 'x')}/{tag(names.OOB, 'url')}") or ""
        assert await session.fetch(url, 100) == b"png"

        bob.says(ROOM.id, url, writing.file_at(url))
        heard = await visit.notebook.first_of(Message)
        (media,) = heard.parts
        assert isinstance(media, Media)
        assert (media.kind, media.name, media.mime) == ("image", "cat.png", "image/png")
        with pytest.raises(Rejected, match="private"):
            await session.fetch("http://10.0.0.1/secret", 100)
        with pytest.raises((Rejected, Transient)):
            await session.fetch("http://localhost:1/secret", 100)

    visits(story)


def test_who_comes_goes_and_is_renamed_is_told_and_rooms_present_themselves() -> None:
    async def story(visit: Visit, bob: Friend) -> None:
        town, session = visit.town, visit.session
        assert isinstance(town, XmppTown) and isinstance(session, XmppSession)
        carol = await Friend.connects(town.server, "carol")
        await carol.joins(ROOM.id, "Carol")
        came = await visit.notebook.first_of(MemberChange)
        assert (came.sender.name, came.present) == ("Carol", True)
        subject = writing.element(names.CLIENT, "subject")
        subject.text = "about bridges"
        bob.sends(ROOM.id, subject)
        await visit.notebook.first(
            lambda it: isinstance(it, ChatChange) and it.topic == "about bridges"
        )
        chat = await session.chat(ROOM)
        assert sorted(chat.members.values()) == ["Bob", "Carol"]
        assert chat.topic == "about bridges"
        assert chat.levels is not None and 100 in chat.levels.users.values()

        carol.client.send_presence(pto=f"{ROOM.id}/Caroline")
        await visit.notebook.first(
            lambda it: isinstance(it, MemberChange) and it.sender.name == "Caroline" and it.present
        )
        kicking = bob.client.plugin["xep_0045"].set_role
        await kicking(ROOM.id, "Caroline", "none", reason="noise")
        gone = await visit.notebook.first(
            lambda it: isinstance(it, MemberChange) and it.how == "kicked"
        )
        assert isinstance(gone, MemberChange)
        assert (gone.reason, gone.by and gone.by.name) == ("noise", "Bob")
        with pytest.raises(Rejected):
            await session.kick(ROOM, f"{ROOM.id}/Bob", "no right to")
        carol.leaves()

    visits(story)


def test_what_was_said_while_we_were_away_comes_once_and_in_order() -> None:
    class Remembering(Notebook):
        async def chats(self) -> list[ChatKey]:
            return [ROOM, TO_BOB]

    async def act() -> None:
        notebook = Remembering()
        async with xmpp_town(notebook) as town:
            login = await log_in(town)
            visit = Visit(town, town.network.session(login, notebook), notebook)
            running = asyncio.create_task(visit.session.run())
            await opened(visit, ROOM.id)
            await town.says("before")
            town.bob.says(ALICE, "before, in private")
            await notebook.message("before")
            await notebook.message("before, in private")
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            texts = [f"away {number}" for number in range(150)]
            for text in texts:
                await town.says(text)
            await town.bob.reads(texts[-1])
            town.bob.says(ALICE, "away, in private")

            visit = Visit(town, town.network.session(login, notebook), notebook)
            running = asyncio.create_task(visit.session.run())
            await notebook.message("away, in private")
            await notebook.message(texts[-1])
            heard = [it for it in notebook.happenings if isinstance(it, Message)]
            said = [str(it.parts[0].body) for it in heard if isinstance(it.parts[0], Text)]
            assert [it for it in dict.fromkeys(said) if it.startswith("away ")] == texts
            assert len({(it.chat, it.id) for it in heard}) == len(texts) + 3
            running.cancel()

    asyncio.run(act())


def test_the_past_is_read_page_by_page() -> None:
    async def story(visit: Visit, bob: Friend) -> None:
        session = visit.session
        assert isinstance(session, XmppSession)
        for number in range(12):
            bob.says(ROOM.id, f"old {number}")
        await visit.notebook.message("old 11")
        texts: list[str] = []
        before = None
        while True:
            page = await session.history(ROOM, before, 5)
            texts[:0] = [it.parts[0].body for it in page.messages if isinstance(it.parts[0], Text)]
            if (before := page.before) is None:
                break
        assert texts == [f"old {number}" for number in range(12)]

    visits(story)


def test_a_try_that_had_arrived_is_not_sent_again() -> None:
    async def story(visit: Visit, bob: Friend) -> None:
        out = Outgoing(ROOM, (Text("once"),), "unique")
        sent = await visit.session.send(out)
        # As after a kill between the room's taking it and our noting it.
        visit.notebook.notes[f"said {writing.id_of('unique')}"] = ""
        assert await visit.session.send(out) == sent
        await visit.sends("afterwards", "t2")
        await bob.reads("afterwards")
        assert sum(it.findtext(tag(names.CLIENT, "body")) == "once" for it in bob.heard) == 1

    visits(story)


def test_what_is_encrypted_for_others_is_named_and_pretended_copies_are_nothing() -> None:
    async def story(visit: Visit, bob: Friend) -> None:
        forged = writing.element(names.CARBONS, "sent")
        inner = writing.element(names.FORWARD, "forwarded")
        message = writing.element(names.CLIENT, "message", type="chat")
        message.attrib |= {"from": ALICE, "to": BOB, "id": "x"}
        body = writing.element(names.CLIENT, "body")
        body.text = "I never said that"
        message.append(body)
        inner.append(message)
        forged.append(inner)
        bob.sends(ALICE, forged)
        bob.says(ALICE, "cannot be read", writing.element(names.OMEMO[0], "encrypted"))
        heard = await visit.notebook.first_of(Message)
        assert isinstance(heard.parts[0], Unknown) and "OMEMO" in heard.parts[0].summary

    visits(story)


def test_a_wrong_password_is_refused_at_the_login() -> None:
    async def act() -> None:
        async with xmpp_town(Notebook()) as town:
            answers = Answers({**town.answers, "password": "wrong"})
            with pytest.raises(BadCredentials):
                await town.network.login(town.network.flows[0], answers)

    asyncio.run(act())
